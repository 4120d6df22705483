package example;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;

/** Greets with $GREETING, through the JDK's own server. /heap tells the heap's limit in MiB. */
public final class Hello {
    private Hello() {}

    public static void main(String[] arguments) throws IOException {
        String greeting = System.getenv().getOrDefault("GREETING", "hello");
        int port = Integer.parseInt(System.getenv().getOrDefault("PORT", "8080"));
        HttpServer server = HttpServer.create(new InetSocketAddress(port), 0);
        server.createContext("/", exchange -> answer(exchange, greeting + ", java\n"));
        server.createContext("/heap", exchange -> answer(exchange, heapMiB() + "\n"));
        server.start();
        System.out.println("listening on " + port);
    }

    private static long heapMiB() {
        return Runtime.getRuntime().maxMemory() >> 20;
    }

    private static void answer(HttpExchange exchange, String text) throws IOException {
        byte[] body = text.getBytes(StandardCharsets.UTF_8);
        try (exchange) {
            exchange.sendResponseHeaders(200, body.length);
            exchange.getResponseBody().write(body);
        }
    }
}
