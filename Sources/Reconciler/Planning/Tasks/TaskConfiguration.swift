/// What a one-off command is started with: a script for the image's shell on the task's volume,
/// where the app's environment is as safe as in its `supervisor.conf`. The engine hears nothing of
/// it.
///
/// navi is the command's parent, as it is the app's: it decodes the environment and sets
/// `SERVO_SIZE`. The `start` of an image chooses the runtime, and is not run: its choice is made
/// here again from the note that the build left.
package struct TaskConfiguration: Sendable, Equatable {
    package var app: String
    package var id: String
    package var port: Int
    package var environment: [String: String]

    /// Where it lies on the volume.
    package static let file = "task.sh"

    package var rendered: [UInt8] {
        // An app's name, an id and base64 need no quotes.
        let text = """
            # Written by modplan.
            export PORT=\(port) APP_DIR=/mnt/app NAVI_INSTANCE=\(app)/task/\(id)
            export NAVI_ENVIRONMENT=\(InstanceConfiguration.encoded(environment))
            cd /mnt/app || exit 1
            if [ -d /opt/node ]; then
                node=$(sed -n 's/^node //p' .modplan/runtime 2>/dev/null)
                PATH=/opt/node/${node:-$(readlink /opt/node/default)}/bin:/opt/npm/bin:$PATH
                unset node
            fi
            unset OLDPWD
            exec /usr/local/bin/navi run -- "$@"

            """
        return Array(text.utf8)
    }

    /// What runs in the container.
    package static func command(_ words: [String]) -> [String] { ["sh", "/mnt/\(file)"] + words }
}
