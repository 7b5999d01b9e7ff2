<?php
// What a web server's rules do for WordPress: files as they are, anything else to index.php.
$path = $_SERVER['DOCUMENT_ROOT'] . parse_url($_SERVER['REQUEST_URI'], PHP_URL_PATH);
// /file.php/more, as Apache and PHP-FPM have it.
if (!file_exists($path) && preg_match('~^(.*?\.php)/~', $path, $found) && is_file($found[1])) {
    $path = $found[1];
}
if (is_dir($path)) {
    $path = rtrim($path, '/') . '/index.php';
}
if (is_file($path) && str_ends_with($path, '.php')) {
    $name = substr($path, strlen($_SERVER['DOCUMENT_ROOT']));
    $_SERVER['SCRIPT_NAME'] = $_SERVER['PHP_SELF'] = $name;
    $_SERVER['SCRIPT_FILENAME'] = $path;
    chdir(dirname($path));
    require $path;
    return true;
}
if (is_file($path)) {
    return false;
}
$_SERVER['SCRIPT_NAME'] = $_SERVER['PHP_SELF'] = '/index.php';
$_SERVER['SCRIPT_FILENAME'] = $_SERVER['DOCUMENT_ROOT'] . '/index.php';
require $_SERVER['DOCUMENT_ROOT'] . '/index.php';
return true;
