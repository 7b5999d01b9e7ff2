<?php
// Symfony's requests and routing, by PHP's own server.

require '/usr/share/php/Symfony/Component/HttpFoundation/autoload.php';
require '/usr/share/php/Symfony/Component/Routing/autoload.php';
require __DIR__ . '/../_php/answer.php';

use Symfony\Component\HttpFoundation\Exception\RequestExceptionInterface;
use Symfony\Component\HttpFoundation\Request;
use Symfony\Component\Routing\Exception\ExceptionInterface;
use Symfony\Component\Routing\Matcher\UrlMatcher;
use Symfony\Component\Routing\RequestContext;
use Symfony\Component\Routing\Route;
use Symfony\Component\Routing\RouteCollection;

Request::enableHttpMethodParameterOverride();
$routes = new RouteCollection();
$paths = [
    'login' => ['/login', ['POST']],
    'code' => ['/login/code', ['POST']],
    'account' => ['/account', ['GET']],
    'user' => ['/users/{name}/login', ['GET', 'POST']],
    'admin' => ['/admin', ['GET']],
];
foreach ($paths as $route => [$path, $methods]) {
    $routes->add($route, new Route($path, methods: $methods));
}
try {
    $request = Request::createFromGlobals();
    $found = null;
    try {
        $context = (new RequestContext())->fromRequest($request);
        $found = (new UrlMatcher($routes, $context))->match($request->getPathInfo());
        $request->attributes->add($found);
    } catch (ExceptionInterface) {
        // No route.
    }
    $out = new Answer($found['_route'] ?? null);
    if (isset($found['name'])) {
        $out->put('segment', fn () => [$found['name'], $request->attributes->get('name'), $request->get('name')]);
    }
    $out->fields('form', '$request->request->all()', fn () => $request->request->all());
    $out->put('form.email $request->request->get', fn () => $request->request->get('email'));
    $out->fields('query', '$request->query->all()', fn () => $request->query->all());
    $out->put('query.email $request->query->get', fn () => $request->query->get('email'));
    $out->put('any.email $request->get', fn () => $request->get('email'));
    $out->put('any.user.email $request->get', fn () => $request->get('user')['email'] ?? null);
    $out->fields('json', '$request->toArray()', fn () => $request->toArray());
    foreach (COOKIES as $cookie) {
        $out->put("cookie.$cookie \$request->cookies->get", fn () => $request->cookies->get($cookie));
        $out->put("cookie.$cookie \$request->cookies->all", fn () => $request->cookies->all()[$cookie] ?? null);
    }
    $out->put('basic $request->getUser()', fn () => $request->getUser());
    $out->bearer($request->headers->get('Authorization'));
    $out->send();
} catch (RequestExceptionInterface) {
    http_response_code(400);
}
