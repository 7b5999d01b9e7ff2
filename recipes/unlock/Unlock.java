// An unlock token: PALISADE_KEY=... java Unlock.java ACCOUNT SECONDS_VALID

import static java.nio.charset.StandardCharsets.UTF_8;

import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.Base64;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

public class Unlock {
    static final Base64.Encoder BASE64URL = Base64.getUrlEncoder().withoutPadding();

    static String token(String key, String account, long expiry, String nonce) throws GeneralSecurityException {
        String body = "v1." + BASE64URL.encodeToString(account.getBytes(UTF_8)) + "." + expiry + "." + nonce;
        Mac mac = Mac.getInstance("HmacSHA256");
        mac.init(new SecretKeySpec(key.replaceAll("[\\r\\n]+$", "").getBytes(UTF_8), "HmacSHA256"));
        return body + "." + BASE64URL.encodeToString(mac.doFinal(("palisade.unlock." + body).getBytes(UTF_8)));
    }

    public static void main(String[] args) throws GeneralSecurityException {
        String key = System.getenv("PALISADE_KEY");
        if (key == null || args.length != 2) {
            throw new IllegalArgumentException("usage: PALISADE_KEY=... java Unlock.java ACCOUNT SECONDS_VALID");
        }
        if (args[0].indexOf('\uFFFD') >= 0) {
            throw new IllegalArgumentException("Java could not read the account; set LC_ALL to a UTF-8 locale");
        }
        byte[] random = new byte[16];
        new SecureRandom().nextBytes(random);
        // PALISADE_EXPIRY and PALISADE_NONCE are for tests.
        String expiry = System.getenv("PALISADE_EXPIRY");
        String nonce = System.getenv("PALISADE_NONCE");
        System.out.println(token(
                key,
                args[0],
                expiry == null ? Instant.now().getEpochSecond() + Long.parseLong(args[1]) : Long.parseLong(expiry),
                nonce == null ? BASE64URL.encodeToString(random) : nonce));
    }
}
