import java.net.InetSocketAddress;
import org.eclipse.jetty.ee10.servlet.ServletContextHandler;
import org.eclipse.jetty.ee10.servlet.ServletHolder;
import org.eclipse.jetty.server.Server;

/** Jetty as an application embeds it. */
final class Main {
    public static void main(String[] arguments) throws Exception {
        Server server = new Server(new InetSocketAddress("127.0.0.1", Integer.parseInt(arguments[0])));
        ServletContextHandler context = new ServletContextHandler("/", true, false);
        context.getSessionHandler().setSessionCookie("sid");
        Reader.mappings((request, answer) ->
            answer.add("session SessionIdManager.getId", () ->
                context.getSessionHandler().getSessionIdManager().getId(request.getRequestedSessionId()))
        ).forEach((mapping, reader) -> {
            ServletHolder holder = new ServletHolder(reader);
            holder.getRegistration().setMultipartConfig(Reader.MULTIPART);
            context.addServlet(holder, mapping);
        });
        server.setHandler(context);
        server.start();
        server.join();
    }
}
