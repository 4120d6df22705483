package example;

import jakarta.servlet.annotation.WebServlet;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;

/** Greets with $GREETING, as a servlet. */
@WebServlet("/hello")
public final class Hello extends HttpServlet {
    @Override
    protected void doGet(HttpServletRequest request, HttpServletResponse response)
            throws IOException {
        String greeting = System.getenv().getOrDefault("GREETING", "hello");
        response.setContentType("text/plain; charset=utf-8");
        response.getWriter().println(greeting + ", servlet");
    }
}
