import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import io.vertx.ext.web.handler.BodyHandler;
import java.util.List;

/** Vert.x Web with its body handler. */
final class Main {
    public static void main(String[] arguments) {
        Vertx vertx = Vertx.vertx();
        Router router = Router.router(vertx);
        // Merged into the parameters, a form beside a query that does not decode is never answered.
        router.route().handler(BodyHandler.create().setHandleFileUploads(false).setMergeFormAttributes(false));
        router.post("/login").handler(context -> read(context, "login"));
        router.post("/login/code").handler(context -> read(context, "code"));
        router.get("/account").handler(context -> read(context, "account"));
        router.get("/admin").handler(context -> read(context, "admin"));
        router.get("/users/:name/login").handler(context -> read(context, "user"));
        router.post("/users/:name/login").handler(context -> read(context, "user"));
        router.route().handler(context -> read(context, null));
        vertx.createHttpServer().requestHandler(router)
            .listen(Integer.parseInt(arguments[0]), "127.0.0.1")
            .onFailure(failure -> System.exit(1));
    }

    private static void read(RoutingContext context, String route) {
        HttpServerRequest request = context.request();
        Answer answer = new Answer(route);
        answer.add("segment pathParam", () -> context.pathParam("name"));
        boolean isMultipart = String.valueOf(request.getHeader("content-type")).toLowerCase().startsWith("multipart/");
        for (String[] field : new String[][] {{"email", "email"}, {"user.email", "user[email]"}}) {
            answer.add((isMultipart ? "multipart." : "form.") + field[0] + " getFormAttribute", () ->
                request.getFormAttribute(field[1]));
            answer.add("form." + field[0] + " formAttributes", () -> request.formAttributes().getAll(field[1]));
            answer.add("any." + field[0] + " getParam", () -> request.getParam(field[1]));
            answer.add("any." + field[0] + " params", () -> request.params().getAll(field[1]));
            answer.add("query." + field[0] + " queryParam", () -> context.queryParam(field[1]));
        }
        answer.add("json.email body", () -> texts(context.body().asJsonObject().getValue("email")));
        answer.add("json.user.email body", () ->
            texts(context.body().asJsonObject().getJsonObject("user").getValue("email")));
        answer.add("cookie.sid getCookie", () -> request.getCookie("sid").getValue());
        answer.add("cookie.sid cookies", () ->
            request.cookies("sid").stream().map(cookie -> cookie.getValue()).toList());
        answer.addAuthorization(request.getHeader("authorization"));
        context.response().putHeader("content-type", "application/json")
            .end(io.vertx.core.buffer.Buffer.buffer(answer.bytes()));
    }

    private static Object texts(Object value) {
        if (value instanceof JsonObject object) return object.stream().map(entry -> texts(entry.getValue())).toList();
        if (value instanceof JsonArray array) return array.stream().map(Main::texts).toList();
        return value == null ? List.of() : value;
    }
}
