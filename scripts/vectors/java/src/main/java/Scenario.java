import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;

import java.io.File;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;

/** What a person does. */
record Scenario(JsonNode node) {
    record Field(String name, String value, String filename, String type, byte[] content) {
        boolean isFile() {
            return content != null;
        }

        boolean isAscii() {
            return name.chars().allMatch(c -> c < 128)
                    && (value == null || value.chars().allMatch(c -> c < 128));
        }
    }

    /** What writes it, or an exception: what a client cannot write is no request. */
    interface Writer {
        void write(Scenario scenario) throws Exception;
    }

    static final ObjectMapper JSON = new ObjectMapper();
    static String base;

    static void each(String path, Writer... writers) throws Exception {
        for (JsonNode node : JSON.readTree(new File(path))) {
            for (Writer writer : node.get("core").asBoolean() ? writers : new Writer[0]) {
                try {
                    writer.write(new Scenario(node));
                } catch (Exception error) {
                    System.err.println(writer.getClass() + " " + node.get("name") + ": " + error);
                }
            }
        }
    }

    String text(String name) {
        return node.get(name).asText();
    }

    String place() {
        return text("place");
    }

    String url(String client) {
        return base + "/c/" + client + "/" + text("name") + text("target");
    }

    String json() {
        return node.has("text") ? text("text") : node.get("json").toString();
    }

    List<Field> fields() {
        List<Field> fields = new ArrayList<>();
        for (JsonNode field : node.get("fields")) {
            byte[] content =
                    field.has("base64")
                            ? Base64.getDecoder().decode(field.get("base64").asText())
                            : null;
            fields.add(
                    new Field(
                            field.get("name").asText(),
                            field.path("value").asText(),
                            field.path("filename").asText(),
                            field.path("type").asText(),
                            content));
        }
        return fields;
    }

    boolean isAscii() {
        return fields().stream().allMatch(Field::isAscii);
    }

    /** Whether who writes in ISO-8859-1 at least names the account well. */
    boolean hasAsciiAccount() {
        return text("account").chars().allMatch(c -> c < 128);
    }
}
