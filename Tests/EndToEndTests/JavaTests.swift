import Testing

/// What the Java images build, choose and serve.
@Suite struct JavaTests {
    /// A servlet of before Jakarta EE, with a test.
    @Test func anOldWarIsTestedConvertedAndServed() async throws {
        try await ImageRun.with(OldWar.files) { run in
            let built = try await run.run("build-java", environment: ["RUN_TESTS": "true"], "build")
            #expect(built.status == 0 && built.output.contains("Tests run: 1"), "\(built)")
            let script = """
                cd /mnt && mv output app && (start &) && for i in $(seq 100); do sleep 0.2
                python3 -c 'import urllib.request as r; print(r.urlopen("http://127.0.0.1:8080/old").read())' \
                2>/dev/null && exit; done; exit 1
                """
            let served = try await run.run("run-java", "sh", "-c", script)
            #expect(served.output.contains("b'old 42"), "\(served)")
        }
    }

    @Test func severalFilesToRunAreListed() async throws {
        try await ImageRun.with(["a.war": "a", "b.war": "b"]) { run in
            let outcome = try await run.run("run-java", "start")
            #expect(outcome.status == 1)
            #expect(outcome.errors.contains("./a.war ./b.war: set ARTIFACT"), "\(outcome)")
            let chosen = try await run.run(
                "run-java", environment: ["ARTIFACT": "b.war"], "sh", "-c",
                ". /usr/local/lib/modplan/java-artifact.sh; java_artifact /mnt/app")
            #expect(chosen.output == "b.war\n")
        }
    }
}

private enum OldWar {
    static let files = [
        "pom.xml": """
        <project xmlns="http://maven.apache.org/POM/4.0.0">
          <modelVersion>4.0.0</modelVersion>
          <groupId>old</groupId><artifactId>old</artifactId><version>1</version>
          <packaging>war</packaging>
          <properties>
            <maven.compiler.release>11</maven.compiler.release>
            <failOnMissingWebXml>false</failOnMissingWebXml>
          </properties>
          <dependencies>
            <dependency>
              <groupId>javax.servlet</groupId><artifactId>javax.servlet-api</artifactId>
              <version>4.0.1</version><scope>provided</scope>
            </dependency>
            <dependency>
              <groupId>junit</groupId><artifactId>junit</artifactId>
              <version>4.13.2</version><scope>test</scope>
            </dependency>
          </dependencies>
        </project>
        """,
        "src/main/java/old/Old.java": """
        package old;
        import java.io.IOException;
        import javax.servlet.annotation.WebServlet;
        import javax.servlet.http.*;
        @WebServlet("/old")
        public class Old extends HttpServlet {
            static int answer() { return 42; }
            @Override
            protected void doGet(HttpServletRequest request, HttpServletResponse response)
                    throws IOException {
                response.getWriter().print("old " + answer());
            }
        }
        """,
        "src/test/java/old/OldTest.java": """
        package old;
        public class OldTest {
            @org.junit.Test public void answers() {
                org.junit.Assert.assertEquals(42, Old.answer());
            }
        }
        """,
    ]
}
