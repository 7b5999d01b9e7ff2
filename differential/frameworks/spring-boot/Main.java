import jakarta.servlet.http.HttpServletRequest;
import java.util.HashMap;
import java.util.Map;
import java.util.Properties;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.SpringBootConfiguration;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.context.annotation.Bean;
import org.springframework.security.authentication.BadCredentialsException;
import org.springframework.security.config.annotation.web.builders.HttpSecurity;
import org.springframework.security.oauth2.server.resource.web.DefaultBearerTokenResolver;
import org.springframework.security.web.SecurityFilterChain;
import org.springframework.security.web.authentication.www.BasicAuthenticationConverter;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RequestMethod;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.servlet.mvc.method.annotation.ExtendedServletRequestDataBinder;
import org.springframework.web.util.UrlPathHelper;
import org.springframework.web.util.WebUtils;

/** Spring Boot with Spring Security's form login, whose field is `email`. */
@RestController
@SpringBootConfiguration(proxyBeanMethods = false)
@EnableAutoConfiguration
public class Main {
    private final ThreadLocal<String> seenByTheFilter = new ThreadLocal<>();

    public static void main(String[] arguments) {
        SpringApplication application = new SpringApplication(Main.class);
        Properties defaults = new Properties();
        defaults.setProperty("server.address", "127.0.0.1");
        defaults.setProperty("server.port", arguments[0]);
        defaults.setProperty("server.servlet.session.cookie.name", "sid");
        application.setDefaultProperties(defaults);
        application.run();
    }

    @Bean
    SecurityFilterChain security(HttpSecurity http) throws Exception {
        return http
            .csrf(csrf -> csrf.disable())
            .authorizeHttpRequests(requests -> requests.anyRequest().permitAll())
            .authenticationManager(authentication -> {
                seenByTheFilter.set(authentication.getName());
                throw new BadCredentialsException("wrong password");
            })
            .formLogin(form -> form.usernameParameter("email").loginPage("/sign-in").loginProcessingUrl("/login")
                .failureHandler((request, response, failure) -> {
                    Answer answer = read(request, "login", null);
                    String name = seenByTheFilter.get();
                    seenByTheFilter.remove();
                    answer.add("any.email UsernamePasswordAuthenticationFilter", () -> name.isEmpty() ? null : name);
                    response.setContentType("application/json");
                    response.getOutputStream().write(answer.bytes());
                }))
            .build();
    }

    @PostMapping(path = "/login/code", produces = "application/json")
    byte[] code(HttpServletRequest request) {
        return read(request, "code", null).bytes();
    }

    @GetMapping(path = "/account", produces = "application/json")
    byte[] account(HttpServletRequest request) {
        return read(request, "account", null).bytes();
    }

    @GetMapping(path = "/admin", produces = "application/json")
    byte[] admin(HttpServletRequest request) {
        return read(request, "admin", null).bytes();
    }

    @RequestMapping(
        path = "/users/{name}/login",
        method = {RequestMethod.GET, RequestMethod.POST},
        produces = "application/json")
    byte[] user(HttpServletRequest request, @PathVariable String name) {
        return read(request, "user", name).bytes();
    }

    @RequestMapping(path = "/**", produces = "application/json")
    byte[] other(HttpServletRequest request) {
        return read(request, null, null).bytes();
    }

    private static Answer read(HttpServletRequest request, String route, String segment) {
        Answer answer = new Answer(route);
        answer.add("segment @PathVariable", () -> segment);
        Reader.read(request, answer);
        answer.add("any.email @ModelAttribute", () -> alone(bound(new Form(), request).email));
        answer.add("any.user.email @ModelAttribute", () -> alone(bound(new Form(), request).user.email));
        answer.add("any.user.email @ModelAttribute Map", () -> alone(bound(new MapForm(), request).user.get("email")));
        answer.add("cookie.sid @CookieValue", () ->
            new UrlPathHelper().decodeRequestString(request, WebUtils.getCookie(request, "sid").getValue()));
        answer.add("basic BasicAuthenticationConverter", () ->
            new BasicAuthenticationConverter().convert(request).getName());
        answer.add("bearer DefaultBearerTokenResolver", () -> new DefaultBearerTokenResolver().resolve(request));
        return answer;
    }

    /** Several values are joined with commas by Spring, to a text that names nobody. */
    private static String alone(String bound) {
        return bound.contains(",") ? null : bound;
    }

    /** A form, as Spring binds a `@ModelAttribute`. */
    private static <Form> Form bound(Form form, HttpServletRequest request) {
        new ExtendedServletRequestDataBinder(form, "form").bind(request);
        return form;
    }

    /** A form of beans. */
    public static final class Form {
        private String email;
        private User user = new User();

        public String getEmail() { return email; }
        public void setEmail(String email) { this.email = email; }
        public User getUser() { return user; }
        public void setUser(User user) { this.user = user; }
    }

    /** The user in a form. */
    public static final class User {
        private String email;

        public String getEmail() { return email; }
        public void setEmail(String email) { this.email = email; }
    }

    /** A form whose user is a map: `user[email]`. */
    public static final class MapForm {
        private Map<String, String> user = new HashMap<>();

        public Map<String, String> getUser() { return user; }
        public void setUser(Map<String, String> user) { this.user = user; }
    }
}
