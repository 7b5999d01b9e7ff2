import org.apache.hc.client5.http.auth.UsernamePasswordCredentials;
import org.apache.hc.client5.http.classic.methods.HttpGet;
import org.apache.hc.client5.http.classic.methods.HttpPost;
import org.apache.hc.client5.http.entity.UrlEncodedFormEntity;
import org.apache.hc.client5.http.entity.mime.HttpMultipartMode;
import org.apache.hc.client5.http.entity.mime.MultipartEntityBuilder;
import org.apache.hc.client5.http.impl.auth.BasicScheme;
import org.apache.hc.client5.http.impl.classic.CloseableHttpClient;
import org.apache.hc.client5.http.impl.classic.HttpClients;
import org.apache.hc.client5.http.protocol.HttpClientContext;
import org.apache.hc.core5.http.ClassicHttpRequest;
import org.apache.hc.core5.http.ContentType;
import org.apache.hc.core5.http.HttpEntity;
import org.apache.hc.core5.http.HttpHost;
import org.apache.hc.core5.http.NameValuePair;
import org.apache.hc.core5.http.io.entity.StringEntity;
import org.apache.hc.core5.http.message.BasicNameValuePair;
import org.apache.hc.core5.net.URIBuilder;

import java.nio.charset.StandardCharsets;
import java.util.List;

/** Apache HttpClient 5. */
final class Apache5 {
    private static final String CLIENT = "apache-httpclient-5@5.6.5~";

    static void write(Scenario scenario) throws Exception {
        switch (scenario.place()) {
            case "form" -> {
                List<? extends NameValuePair> pairs =
                        scenario.fields().stream()
                                .map(field -> new BasicNameValuePair(field.name(), field.value()))
                                .toList();
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
                HttpGet request = new HttpGet(scenario.url(CLIENT + "basic"));
                BasicScheme scheme = new BasicScheme(StandardCharsets.UTF_8);
                scheme.initPreemptive(
                        new UsernamePasswordCredentials(
                                scenario.text("user"), scenario.text("password").toCharArray()));
                HttpClientContext context = HttpClientContext.create();
                context.resetAuthExchange(HttpHost.create(request.getUri()), scheme);
                try (CloseableHttpClient client = HttpClients.createDefault()) {
                    client.execute(request, context, answer -> null);
                }
            }
            case "cookie" -> {
                try (CloseableHttpClient client = HttpClients.createDefault()) {
                    String url = scenario.url(CLIENT + "jar");
                    client.execute(
                            new HttpGet(url.replaceFirst("/account$", "/set")), answer -> null);
                    client.execute(new HttpGet(url), answer -> null);
                }
            }
            default -> {}
        }
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

    private static void send(ClassicHttpRequest request) throws Exception {
        try (CloseableHttpClient client = HttpClients.createDefault()) {
            client.execute(request, answer -> null);
        }
    }
}
