import org.apache.http.HttpEntity;
import org.apache.http.NameValuePair;
import org.apache.http.auth.UsernamePasswordCredentials;
import org.apache.http.client.entity.UrlEncodedFormEntity;
import org.apache.http.client.methods.HttpGet;
import org.apache.http.client.methods.HttpPost;
import org.apache.http.client.utils.URIBuilder;
import org.apache.http.entity.ContentType;
import org.apache.http.entity.StringEntity;
import org.apache.http.entity.mime.HttpMultipartMode;
import org.apache.http.entity.mime.MultipartEntityBuilder;
import org.apache.http.impl.auth.BasicScheme;
import org.apache.http.impl.client.CloseableHttpClient;
import org.apache.http.impl.client.HttpClients;
import org.apache.http.message.BasicNameValuePair;

import java.nio.charset.StandardCharsets;
import java.util.List;

/** Apache HttpClient 4.5. */
final class Apache4 {
    private static final String CLIENT = "apache-httpclient-4@4.5.14~";

    static void write(Scenario scenario) throws Exception {
        switch (scenario.place()) {
            case "form" -> {
                List<? extends NameValuePair> pairs = pairs(scenario);
                post(scenario, "utf-8", new UrlEncodedFormEntity(pairs, StandardCharsets.UTF_8));
                // As it is unless told otherwise: in ISO-8859-1.
                if (scenario.hasAsciiAccount()) {
                    post(scenario, "default", new UrlEncodedFormEntity(pairs));
                }
            }
            case "multipart" -> {
                for (HttpMultipartMode mode : HttpMultipartMode.values()) {
                    String way = mode.name().toLowerCase().replace('_', '-');
                    post(
                            scenario,
                            way + "-utf-8",
                            multipart(
                                    scenario,
                                    mode,
                                    ContentType.TEXT_PLAIN.withCharset("UTF-8"),
                                    true));
                    if (scenario.hasAsciiAccount()) {
                        post(
                                scenario,
                                way + "-default",
                                multipart(scenario, mode, ContentType.DEFAULT_TEXT, false));
                    }
                }
            }
            case "json" ->
                    post(
                            scenario,
                            "string",
                            new StringEntity(scenario.json(), ContentType.APPLICATION_JSON));
            case "query" -> {
                URIBuilder uri = new URIBuilder(scenario.url(CLIENT + "uri-builder"));
                scenario.fields().forEach(field -> uri.addParameter(field.name(), field.value()));
                send(new HttpGet(uri.build()));
            }
            case "basic" -> {
                if (!scenario.hasAsciiAccount()) {
                    return;
                }
                HttpGet request = new HttpGet(scenario.url(CLIENT + "basic"));
                var credentials =
                        new UsernamePasswordCredentials(
                                scenario.text("user"), scenario.text("password"));
                request.addHeader(new BasicScheme().authenticate(credentials, request, null));
                send(request);
            }
            case "cookie" -> {
                try (CloseableHttpClient client = HttpClients.createDefault()) {
                    String url = scenario.url(CLIENT + "jar");
                    client.execute(new HttpGet(url.replaceFirst("/account$", "/set"))).close();
                    client.execute(new HttpGet(url)).close();
                }
            }
            default -> {}
        }
    }

    private static List<? extends NameValuePair> pairs(Scenario scenario) {
        return scenario.fields().stream()
                .map(field -> new BasicNameValuePair(field.name(), field.value()))
                .toList();
    }

    private static HttpEntity multipart(
            Scenario scenario, HttpMultipartMode mode, ContentType text, boolean utf8) {
        MultipartEntityBuilder builder = MultipartEntityBuilder.create().setMode(mode);
        if (utf8) {
            builder.setCharset(StandardCharsets.UTF_8);
        }
        for (Scenario.Field field : scenario.fields()) {
            if (field.isFile()) {
                builder.addBinaryBody(
                        field.name(),
                        field.content(),
                        ContentType.create(field.type()),
                        field.filename());
            } else {
                builder.addTextBody(field.name(), field.value(), text);
            }
        }
        return builder.build();
    }

    private static void post(Scenario scenario, String way, HttpEntity body) throws Exception {
        HttpPost request = new HttpPost(scenario.url(CLIENT + way));
        request.setEntity(body);
        send(request);
    }

    private static void send(org.apache.http.client.methods.HttpUriRequest request)
            throws Exception {
        try (CloseableHttpClient client = HttpClients.createDefault()) {
            client.execute(request).close();
        }
    }
}
