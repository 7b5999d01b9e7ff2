import java.io.File;
import java.nio.charset.StandardCharsets;
import org.apache.catalina.Context;
import org.apache.catalina.Wrapper;
import org.apache.catalina.authenticator.BasicAuthenticator;
import org.apache.catalina.startup.Tomcat;
import org.apache.tomcat.util.buf.ByteChunk;

/** Tomcat as an application embeds it. */
final class Main {
    public static void main(String[] arguments) throws Exception {
        Tomcat tomcat = new Tomcat();
        File home = new File(System.getenv("CACHE"), "home");
        tomcat.setBaseDir(home.getPath());
        tomcat.setPort(Integer.parseInt(arguments[0]));
        tomcat.getConnector().setProperty("address", "127.0.0.1");
        Context context = tomcat.addContext("", null);
        context.setSessionCookieName("sid");
        Reader.mappings((request, answer) -> {
            String authorization = request.getHeader("authorization");
            if (authorization == null) return;
            answer.add("basic BasicAuthenticator", () -> {
                ByteChunk bytes = new ByteChunk();
                byte[] header = authorization.getBytes(StandardCharsets.ISO_8859_1);
                bytes.setBytes(header, 0, header.length);
                return new BasicAuthenticator.BasicCredentials(bytes, StandardCharsets.UTF_8).getUsername();
            });
        }).forEach((mapping, reader) -> {
            Wrapper wrapper = Tomcat.addServlet(context, mapping, reader);
            wrapper.setMultipartConfigElement(Reader.MULTIPART);
            context.addServletMappingDecoded(mapping, mapping);
        });
        tomcat.start();
        tomcat.getServer().await();
    }
}
