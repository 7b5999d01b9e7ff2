<?php
// PHP by itself, by its own server: the global variables, and a router as those of small frameworks document it.

require __DIR__ . '/../_php/answer.php';

$uri = $_SERVER['REQUEST_URI'];
if (false !== $position = strpos($uri, '?')) {
    $uri = substr($uri, 0, $position);
}
$uri = rawurldecode($uri);
$method = $_SERVER['REQUEST_METHOD'];
$name = null;
$route = match (true) {
    $method === 'POST' && $uri === '/login' => 'login',
    $method === 'POST' && $uri === '/login/code' => 'code',
    $method === 'GET' && $uri === '/account' => 'account',
    $method === 'GET' && $uri === '/admin' => 'admin',
    in_array($method, ['GET', 'POST'], true) && preg_match('~^/users/([^/]+)/login$~', $uri, $found) === 1 => 'user',
    default => null,
};
$out = new Answer($route);
if ($route === 'user') {
    $out->put('segment', fn () => $found[1]);
}
$body = file_get_contents('php://input');
$out->fields('form', '$_POST', fn () => $_POST);
$out->put('form.email filter_input', fn () => filter_input(INPUT_POST, 'email') ?: null);
$out->fields('query', '$_GET', fn () => $_GET);
$out->put('query.email filter_input', fn () => filter_input(INPUT_GET, 'email') ?: null);
$out->fields('any', '$_REQUEST', fn () => $_REQUEST);
$out->fields('any', '$_REQUEST with request_order GP', fn () => array_replace_recursive($_GET, $_POST));
foreach (FIELDS as $field => $names) {
    $out->put("multipart.$field \$_FILES", function () use ($names) {
        $value = $_FILES[$names[0]]['tmp_name'] ?? null;
        foreach (array_slice($names, 1) as $name) {
            $value = $value[$name] ?? null;
        }
        return array_map(fn ($file) => $file === '' ? null : file_get_contents($file), is_array($value) ? $value : array_filter([$value]));
    });
}
if ($body !== '') {
    $out->fields('json', 'json_decode(php://input, true)', fn () => json_decode($body, true));
    $out->put('json.email json_decode(php://input)', fn () => json_decode($body)->email);
}
foreach (COOKIES as $cookie) {
    $out->put("cookie.$cookie \$_COOKIE", fn () => $_COOKIE[$cookie] ?? null);
}
$out->put('basic PHP_AUTH_USER', fn () => $_SERVER['PHP_AUTH_USER'] ?? null);
$out->bearer($_SERVER['HTTP_AUTHORIZATION'] ?? getallheaders()['authorization'] ?? null);
$out->send();
