import com.fasterxml.jackson.databind.ObjectMapper;
import jakarta.servlet.MultipartConfigElement;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.Cookie;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import jakarta.servlet.http.Part;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The servlet behind each mapping: says what the container reads in a request. */
final class Reader extends HttpServlet {
    static final MultipartConfigElement MULTIPART =
        new MultipartConfigElement(System.getProperty("java.io.tmpdir"), -1, -1, 1 << 20);
    private static final Pattern USER = Pattern.compile("/([^/]+)/login");
    private static final ObjectMapper JSON = new ObjectMapper();

    private final String route;
    private final Set<String> methods;
    /** What the container itself knows of a request, beyond the interface of servlets. */
    private final Container container;

    /** Adds what a container itself reads. */
    interface Container {
        void read(HttpServletRequest request, Answer answer);
    }

    private Reader(Container container, String route, String... methods) {
        this.container = container;
        this.route = route;
        this.methods = Set.of(methods);
    }

    /** The mappings, each with its servlet. */
    static Map<String, Reader> mappings(Container container) {
        return Map.of(
            "/login", new Reader(container, "login", "POST"),
            "/login/code", new Reader(container, "code", "POST"),
            "/account", new Reader(container, "account", "GET", "HEAD"),
            "/admin", new Reader(container, "admin", "GET", "HEAD"),
            "/users/*", new Reader(container, "user", "GET", "HEAD", "POST"),
            "/", new Reader(container, null));
    }

    @Override
    protected void service(HttpServletRequest request, HttpServletResponse response)
            throws ServletException, IOException {
        // As Spring's filter and `request-character-encoding` do.
        if (request.getCharacterEncoding() == null) request.setCharacterEncoding("UTF-8");
        boolean isRoute = methods.contains(request.getMethod());
        String segment = null;
        if ("user".equals(route)) {
            Matcher user = USER.matcher(String.valueOf(request.getPathInfo()));
            isRoute &= user.matches();
            segment = isRoute ? user.group(1) : null;
        }
        Answer answer = new Answer(isRoute ? route : null);
        String name = segment;
        answer.add("segment getPathInfo", () -> name);
        read(request, answer);
        container.read(request, answer);
        response.setContentType("application/json");
        response.getOutputStream().write(answer.bytes());
    }

    /** What the interface of servlets gives. */
    static void read(HttpServletRequest request, Answer answer) {
        String type = String.valueOf(request.getContentType()).toLowerCase();
        if (type.contains("json")) {
            byte[][] body = new byte[1][];
            answer.add("body", () -> { body[0] = request.getInputStream().readAllBytes(); return null; });
            answer.add("json.email Jackson", () -> texts(JSON.readTree(body[0]).get("email")));
            answer.add("json.user.email Jackson", () -> texts(JSON.readTree(body[0]).at("/user/email")));
            answer.add("json.email Jackson Map", () -> JSON.readValue(body[0], Map.class).get("email"));
        }
        String[][] fields = {{"email", "email"}, {"user.email", "user[email]"}, {"user.email", "user.email"}};
        for (String[] field : fields) {
            String key = field[0];
            String name = field[1];
            answer.add("any." + key + " getParameter(" + name + ")", () -> request.getParameter(name));
            answer.add("any." + key + " getParameterValues(" + name + ")", () -> request.getParameterValues(name));
            if (!type.startsWith("multipart/")) continue;
            answer.add("multipart." + key + " getPart(" + name + ")",
                () -> request.getPart(name).getInputStream().readAllBytes());
            answer.add("multipart." + key + " getParts(" + name + ")", () -> {
                List<Object> values = new ArrayList<>();
                for (Part part : request.getParts()) {
                    if (name.equals(part.getName())) values.add(part.getInputStream().readAllBytes());
                }
                return values;
            });
        }
        answer.add("cookie.sid getCookies", () -> {
            List<String> values = new ArrayList<>();
            for (Cookie cookie : request.getCookies()) {
                if (cookie.getName().equals("sid")) values.add(cookie.getValue());
            }
            return values;
        });
        answer.add("session getRequestedSessionId", request::getRequestedSessionId);
        answer.addAuthorization(request.getHeader("authorization"));
    }

    private static Object texts(com.fasterxml.jackson.databind.JsonNode node) {
        if (node == null || node.isNull()) return null;
        if (!node.isContainerNode()) return node.asText();
        List<Object> values = new ArrayList<>();
        node.forEach(each -> values.add(texts(each)));
        return values;
    }
}
