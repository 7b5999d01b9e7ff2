<?php
// Laravel's requests and routing, by PHP's own server.

require '/usr/share/php/Illuminate/Http/autoload.php';
require '/usr/share/php/Illuminate/Routing/autoload.php';
require '/usr/share/php/Illuminate/Events/autoload.php';
require __DIR__ . '/../_php/answer.php';

use Illuminate\Container\Container;
use Illuminate\Events\Dispatcher;
use Illuminate\Http\Request;
use Illuminate\Routing\Router;
use Symfony\Component\HttpFoundation\Exception\RequestExceptionInterface;
use Symfony\Component\HttpKernel\Exception\HttpExceptionInterface;

function answer(Request $request, ?string $route, ?string $name = null): string
{
    $out = new Answer($route);
    if ($name !== null) {
        $out->put('segment', fn () => [$name, $request->route('name'), $request->name]);
    }
    foreach (FIELDS as $field => $names) {
        $out->put("form.$field post()", fn () => $request->post($names[0]) === null ? null : data_get($request->post(), $field));
        $out->put("query.$field query()", fn () => data_get($request->query(), $field));
        $out->put("any.$field input()", fn () => $request->input($field));
        $out->put("any.$field all()", fn () => data_get($request->all(), $field));
        $out->put("any.$field only()", fn () => data_get($request->only($field), $field));
        $out->put("json.$field json()", fn () => data_get($request->json()->all(), $field));
    }
    $out->put('any.email $request->email', fn () => $request->email);
    foreach (COOKIES as $cookie) {
        $out->put("cookie.$cookie cookie()", fn () => $request->cookie($cookie));
    }
    $out->put('basic getUser()', fn () => $request->getUser());
    $out->put('bearer bearerToken()', fn () => $request->bearerToken());
    $out->bearer($request->header('Authorization'));
    ob_start();
    $out->send();
    return ob_get_clean();
}

$container = new Container();
$router = new Router(new Dispatcher($container), $container);
$router->post('/login', fn (Request $request) => answer($request, 'login'));
$router->post('/login/code', fn (Request $request) => answer($request, 'code'));
$router->get('/account', fn (Request $request) => answer($request, 'account'));
$router->match(['GET', 'POST'], '/users/{name}/login', fn (Request $request, string $name) => answer($request, 'user', $name));
$router->get('/admin', fn (Request $request) => answer($request, 'admin'));
$router->any('{rest}', fn (Request $request) => answer($request, null))->where('rest', '.*');
try {
    Request::enableHttpMethodParameterOverride();
    $request = Request::capture();
    $container->instance(Request::class, $request);
    $router->dispatch($request)->send();
} catch (RequestExceptionInterface) {
    http_response_code(400);
} catch (HttpExceptionInterface $exception) {
    http_response_code($exception->getStatusCode());
}
