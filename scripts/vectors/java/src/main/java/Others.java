import com.google.gson.Gson;
import com.google.gson.JsonParser;

import okhttp3.Credentials;
import okhttp3.FormBody;
import okhttp3.HttpUrl;
import okhttp3.MediaType;
import okhttp3.MultipartBody;
import okhttp3.OkHttpClient;
import okhttp3.Request;
import okhttp3.RequestBody;

import org.springframework.core.io.ByteArrayResource;
import org.springframework.http.HttpEntity;
import org.springframework.http.HttpHeaders;
import org.springframework.util.LinkedMultiValueMap;
import org.springframework.util.MultiValueMap;
import org.springframework.web.client.RestTemplate;
import org.springframework.web.reactive.function.BodyInserters;
import org.springframework.web.reactive.function.client.WebClient;

import java.net.CookieManager;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.stream.Collectors;

/** OkHttp, Java's own client, and those of Spring. */
final class Others {
    private static final String OKHTTP =
            "okhttp-"
                    + System.getProperty("okhttp").charAt(0)
                    + "@"
                    + System.getProperty("okhttp")
                    + "~";
    private static final String JAVA = "java@" + Runtime.version().feature() + "~";
    private static final String SPRING = "spring@6.2.19~";

    static void okhttp(Scenario scenario) throws Exception {
        switch (scenario.place()) {
            case "form", "path" -> {
                FormBody.Builder form = new FormBody.Builder();
                scenario.fields().forEach(field -> form.add(field.name(), field.value()));
                okhttp(
                        new Request.Builder()
                                .url(scenario.url(OKHTTP + "formbody"))
                                .post(form.build()));
            }
            case "multipart" -> {
                MultipartBody.Builder body =
                        new MultipartBody.Builder().setType(MultipartBody.FORM);
                for (Scenario.Field field : scenario.fields()) {
                    if (field.isFile()) {
                        RequestBody content =
                                RequestBody.create(MediaType.parse(field.type()), field.content());
                        body.addFormDataPart(field.name(), field.filename(), content);
                    } else {
                        body.addFormDataPart(field.name(), field.value());
                    }
                }
                okhttp(
                        new Request.Builder()
                                .url(scenario.url(OKHTTP + "multipartbody"))
                                .post(body.build()));
            }
            case "json" -> {
                // As Gson writes it, and with the charset that OkHttp adds to a text.
                String text = new Gson().toJson(JsonParser.parseString(scenario.json()));
                RequestBody body = RequestBody.create(MediaType.parse("application/json"), text);
                okhttp(new Request.Builder().url(scenario.url(OKHTTP + "gson")).post(body));
            }
            case "query" -> {
                HttpUrl.Builder url = HttpUrl.get(scenario.url(OKHTTP + "query")).newBuilder();
                scenario.fields()
                        .forEach(field -> url.addQueryParameter(field.name(), field.value()));
                okhttp(new Request.Builder().url(url.build()));
            }
            case "basic" -> {
                String credentials =
                        Credentials.basic(
                                scenario.text("user"),
                                scenario.text("password"),
                                StandardCharsets.UTF_8);
                okhttp(
                        new Request.Builder()
                                .url(scenario.url(OKHTTP + "basic"))
                                .header("Authorization", credentials));
            }
            case "bearer" ->
                    okhttp(
                            new Request.Builder()
                                    .url(scenario.url(OKHTTP + "header"))
                                    .header("Authorization", "Bearer " + scenario.text("token")));
            default -> {}
        }
    }

    private static void okhttp(Request.Builder request) throws Exception {
        new OkHttpClient().newCall(request.build()).execute().close();
    }

    static void java(Scenario scenario) throws Exception {
        switch (scenario.place()) {
            case "form" -> {
                String form =
                        scenario.fields().stream()
                                .map(field -> encoded(field.name()) + "=" + encoded(field.value()))
                                .collect(Collectors.joining("&"));
                java(
                        HttpRequest.newBuilder(URI.create(scenario.url(JAVA + "urlencoder")))
                                .header("Content-Type", "application/x-www-form-urlencoded")
                                .POST(HttpRequest.BodyPublishers.ofString(form)));
            }
            case "json" ->
                    java(
                            HttpRequest.newBuilder(URI.create(scenario.url(JAVA + "jackson")))
                                    .header("Content-Type", "application/json")
                                    .POST(HttpRequest.BodyPublishers.ofString(scenario.json())));
            case "bearer" ->
                    java(
                            HttpRequest.newBuilder(URI.create(scenario.url(JAVA + "header")))
                                    .header("Authorization", "Bearer " + scenario.text("token")));
            case "basic" -> {
                HttpClient client =
                        HttpClient.newBuilder()
                                .authenticator(
                                        new java.net.Authenticator() {
                                            @Override
                                            protected java.net.PasswordAuthentication
                                                    getPasswordAuthentication() {
                                                return new java.net.PasswordAuthentication(
                                                        scenario.text("user"),
                                                        scenario.text("password").toCharArray());
                                            }
                                        })
                                .build();
                if (scenario.hasAsciiAccount()) {
                    client.send(
                            HttpRequest.newBuilder(URI.create(scenario.url(JAVA + "authenticator")))
                                    .build(),
                            HttpResponse.BodyHandlers.discarding());
                }
            }
            case "cookie" -> {
                HttpClient client =
                        HttpClient.newBuilder().cookieHandler(new CookieManager()).build();
                String url = scenario.url(JAVA + "jar");
                for (String each : new String[] {url.replaceFirst("/account$", "/set"), url}) {
                    client.send(
                            HttpRequest.newBuilder(URI.create(each)).build(),
                            HttpResponse.BodyHandlers.discarding());
                }
            }
            default -> {}
        }
    }

    private static void java(HttpRequest.Builder request) throws Exception {
        HttpClient client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
        client.send(request.build(), HttpResponse.BodyHandlers.discarding());
    }

    private static String encoded(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8);
    }

    static void spring(Scenario scenario) throws Exception {
        RestTemplate template = new RestTemplate();
        WebClient web = WebClient.create();
        switch (scenario.place()) {
            case "form" -> {
                MultiValueMap<String, String> form = new LinkedMultiValueMap<>();
                scenario.fields().forEach(field -> form.add(field.name(), field.value()));
                HttpHeaders headers = new HttpHeaders();
                headers.setContentType(
                        org.springframework.http.MediaType.APPLICATION_FORM_URLENCODED);
                template.postForEntity(
                        URI.create(scenario.url(SPRING + "resttemplate")),
                        new HttpEntity<>(form, headers),
                        Void.class);
                web.post()
                        .uri(URI.create(scenario.url(SPRING + "webclient")))
                        .body(BodyInserters.fromFormData(form))
                        .retrieve()
                        .toBodilessEntity()
                        .block();
            }
            case "multipart" -> {
                MultiValueMap<String, Object> form = new LinkedMultiValueMap<>();
                for (Scenario.Field field : scenario.fields()) {
                    form.add(field.name(), field.isFile() ? part(field) : field.value());
                }
                HttpHeaders headers = new HttpHeaders();
                headers.setContentType(org.springframework.http.MediaType.MULTIPART_FORM_DATA);
                template.postForEntity(
                        URI.create(scenario.url(SPRING + "resttemplate")),
                        new HttpEntity<>(form, headers),
                        Void.class);
                web.post()
                        .uri(URI.create(scenario.url(SPRING + "webclient")))
                        .body(BodyInserters.fromMultipartData(form))
                        .retrieve()
                        .toBodilessEntity()
                        .block();
            }
            case "json" -> {
                if (scenario.node().has("json")) {
                    template.postForEntity(
                            URI.create(scenario.url(SPRING + "resttemplate")),
                            scenario.node().get("json"),
                            Void.class);
                    web.post()
                            .uri(URI.create(scenario.url(SPRING + "webclient")))
                            .bodyValue(scenario.node().get("json"))
                            .retrieve()
                            .toBodilessEntity()
                            .block();
                }
            }
            case "basic" ->
                    web.get()
                            .uri(URI.create(scenario.url(SPRING + "webclient")))
                            .headers(
                                    headers ->
                                            headers.setBasicAuth(
                                                    scenario.text("user"),
                                                    scenario.text("password"),
                                                    StandardCharsets.UTF_8))
                            .retrieve()
                            .toBodilessEntity()
                            .block();
            default -> {}
        }
    }

    private static HttpEntity<ByteArrayResource> part(Scenario.Field field) {
        HttpHeaders headers = new HttpHeaders();
        headers.setContentType(org.springframework.http.MediaType.parseMediaType(field.type()));
        return new HttpEntity<>(
                new ByteArrayResource(field.content()) {
                    @Override
                    public String getFilename() {
                        return field.filename();
                    }
                },
                headers);
    }
}
