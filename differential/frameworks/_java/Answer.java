import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;

/** What a server answers: lists of texts, by the idiom with which an application would read them. */
final class Answer {
    private final Map<String, List<String>> idioms = new LinkedHashMap<>();
    private final String route;

    Answer(String route) {
        this.route = route;
    }

    /** What an idiom gives: texts, bytes, arrays, collections and maps of them. One that throws gives nothing. */
    void add(String idiom, Callable<?> read) {
        try {
            List<String> texts = new ArrayList<>();
            collect(read.call(), texts);
            if (!texts.isEmpty()) idioms.put(idiom, texts);
        } catch (Exception refused) {
            // An application with this idiom refuses the request.
        }
    }

    /** What people write to read an `authorization`, where the framework has nothing for it. */
    void addAuthorization(String authorization) {
        if (authorization == null) return;
        if (authorization.startsWith("Bearer ")) {
            add("bearer substring(7)", () -> authorization.substring(7));
            add("bearer replace", () -> authorization.replace("Bearer ", ""));
        }
        if (authorization.toLowerCase().startsWith("bearer ")) {
            add("bearer split", () -> authorization.split("\\s+")[1]);
        }
        if (authorization.toLowerCase().startsWith("basic")) {
            add("basic substring(6), split", () -> {
                byte[] decoded = Base64.getDecoder().decode(authorization.substring(6).trim());
                return new String(decoded, StandardCharsets.UTF_8).split(":", 2)[0];
            });
        }
    }

    private static void collect(Object value, List<String> texts) {
        if (value == null) return;
        if (value instanceof Object[] array) Arrays.asList(array).forEach(each -> collect(each, texts));
        else if (value instanceof Iterable<?> all) all.forEach(each -> collect(each, texts));
        else if (value instanceof Map<?, ?> map) map.values().forEach(each -> collect(each, texts));
        else if (value instanceof byte[] bytes) texts.add(json(bytes));
        else texts.add(json(value.toString()));
    }

    private static String json(byte[] bytes) {
        try {
            return json(StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString());
        } catch (CharacterCodingException notText) {
            StringBuilder hex = new StringBuilder();
            for (byte each : bytes) hex.append(String.format("%02x", each));
            return "{\"hex\":\"" + hex + "\"}";
        }
    }

    /** A text in JSON; one with a lone surrogate as its bytes. */
    static String json(String text) {
        StringBuilder hex = new StringBuilder();
        StringBuilder json = new StringBuilder("\"");
        boolean isText = true;
        for (int code : text.codePoints().toArray()) {
            boolean isSurrogate = code >= 0xd800 && code <= 0xdfff;
            isText &= !isSurrogate;
            byte[] bytes = isSurrogate
                ? new byte[] {(byte) (0xe0 | code >> 12), (byte) (0x80 | code >> 6 & 63), (byte) (0x80 | code & 63)}
                : Character.toString(code).getBytes(StandardCharsets.UTF_8);
            for (byte each : bytes) hex.append(String.format("%02x", each));
            if (code == '"' || code == '\\') json.append('\\').append((char) code);
            else if (code < 0x20 || isSurrogate) json.append(String.format("\\u%04x", code));
            else json.appendCodePoint(code);
        }
        return isText ? json.append('"').toString() : "{\"hex\":\"" + hex + "\"}";
    }

    byte[] bytes() {
        StringBuilder json = new StringBuilder("{\"route\":").append(route == null ? "null" : json(route));
        idioms.forEach((idiom, texts) ->
            json.append(',').append(json(idiom)).append(":[").append(String.join(",", texts)).append(']'));
        return json.append('}').toString().getBytes(StandardCharsets.UTF_8);
    }
}
