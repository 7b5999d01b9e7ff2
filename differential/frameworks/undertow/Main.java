import io.undertow.Handlers;
import io.undertow.Undertow;
import io.undertow.servlet.Servlets;
import io.undertow.servlet.api.DeploymentInfo;
import io.undertow.servlet.api.DeploymentManager;
import io.undertow.servlet.api.InstanceFactory;
import io.undertow.servlet.api.ServletInfo;
import io.undertow.servlet.api.ServletSessionConfig;
import io.undertow.servlet.util.ImmediateInstanceFactory;
import jakarta.servlet.Servlet;

/** Undertow as an application embeds it. */
final class Main {
    public static void main(String[] arguments) throws Exception {
        DeploymentInfo deployment = Servlets.deployment()
            .setClassLoader(Main.class.getClassLoader())
            .setContextPath("/")
            .setDeploymentName("differential")
            .setServletSessionConfig(new ServletSessionConfig().setName("sid"));
        Reader.mappings((request, answer) -> {}).forEach((mapping, reader) -> {
            InstanceFactory<Servlet> factory = new ImmediateInstanceFactory<>(reader);
            ServletInfo servlet = new ServletInfo(mapping, Reader.class, factory).addMapping(mapping);
            deployment.addServlet(servlet.setMultipartConfig(Reader.MULTIPART));
        });
        DeploymentManager manager = Servlets.defaultContainer().addDeployment(deployment);
        manager.deploy();
        Undertow.builder()
            .addHttpListener(Integer.parseInt(arguments[0]), "127.0.0.1")
            .setHandler(Handlers.path(manager.start()))
            .build()
            .start();
    }
}
