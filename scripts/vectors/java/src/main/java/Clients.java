/** What the HTTP clients of Java write. */
final class Clients {
    public static void main(String[] arguments) throws Exception {
        Scenario.base = arguments[arguments.length - 2];
        String path = arguments[arguments.length - 1];
        if (arguments.length > 2) {
            // Another version of OkHttp.
            Scenario.each(path, Others::okhttp);
        } else {
            Scenario.each(
                    path,
                    Apache4::write,
                    Apache5::write,
                    Others::okhttp,
                    Others::java,
                    Others::spring);
        }
        System.exit(0);
    }
}
