<?php
// What curl as PHP has it, PHP's own streams and, where it is installed, Guzzle write.

[, $base, $path] = $argv;
$scenarios = json_decode(file_get_contents($path));

const PHP = 'php@' . PHP_MAJOR_VERSION . '.' . PHP_MINOR_VERSION;

function url(string $way, object $scenario, string $client = PHP): string
{
    global $base;
    return "$base/c/$client~$way/{$scenario->name}{$scenario->target}";
}

function curl(string $url, array $options): void
{
    $curl = curl_init($url);
    curl_setopt_array($curl, [CURLOPT_RETURNTRANSFER => true] + $options);
    curl_exec($curl);
}

/** The query that PHP itself writes; names of one kind are kept apart. */
function query(object $scenario): string
{
    return implode('&', array_map(fn ($field) => http_build_query([$field->name => $field->value]), $scenario->fields));
}

function streams(string $url, string $type, string $content): void
{
    file_get_contents($url, false, stream_context_create(['http' => [
        'method' => 'POST', 'header' => "Content-type: $type\r\n", 'content' => $content,
    ]]));
}

function guzzle(object $scenario): void
{
    static $client;
    $client ??= new GuzzleHttp\Client(['cookies' => true]);
    $name = 'guzzle@' . GuzzleHttp\Client::MAJOR_VERSION;
    switch ($scenario->place) {
        case 'form':
            $fields = array_column($scenario->fields, 'value', 'name');
            $client->post(url('form_params', $scenario, $name), ['form_params' => $fields]);
            break;
        case 'multipart':
            $parts = array_map(fn ($field) => isset($field->base64)
                ? ['name' => $field->name, 'contents' => base64_decode($field->base64), 'filename' => $field->filename,
                   'headers' => ['Content-Type' => $field->type]]
                : ['name' => $field->name, 'contents' => $field->value], $scenario->fields);
            $client->post(url('multipart', $scenario, $name), ['multipart' => $parts]);
            break;
        case 'json':
            isset($scenario->json) && $client->post(url('json', $scenario, $name), ['json' => $scenario->json]);
            break;
        case 'query':
            $client->get(url('query', $scenario, $name), ['query' => array_column($scenario->fields, 'value', 'name')]);
            break;
        case 'basic':
            $client->get(url('auth', $scenario, $name), ['auth' => [$scenario->user, $scenario->password]]);
            break;
        case 'cookie':
            $client->get(preg_replace('~/account$~', '/set', url('jar', $scenario, $name)));
            $client->get(url('jar', $scenario, $name));
            break;
    }
}

$autoload = '/usr/share/php/GuzzleHttp/autoload.php';
if (is_file($autoload)) {
    require $autoload;
}
foreach ($scenarios as $scenario) {
    if (!$scenario->core) {
        continue;
    }
    switch ($scenario->place) {
        case 'form':
            curl(url('curl', $scenario), [CURLOPT_POSTFIELDS => query($scenario)]);
            streams(url('streams', $scenario), 'application/x-www-form-urlencoded', query($scenario));
            break;
        case 'multipart':
            $parts = [];
            foreach ($scenario->fields as $field) {
                $parts[$field->name] = isset($field->base64)
                    ? new CURLStringFile(base64_decode($field->base64), $field->filename, $field->type)
                    : $field->value;
            }
            curl(url('curl', $scenario), [CURLOPT_POSTFIELDS => $parts]);
            break;
        case 'json':
            $text = $scenario->text ?? json_encode($scenario->json);
            $headers = ['Content-Type: application/json'];
            curl(url('curl', $scenario), [CURLOPT_POSTFIELDS => $text, CURLOPT_HTTPHEADER => $headers]);
            break;
        case 'basic':
            curl(url('curl', $scenario), [CURLOPT_USERPWD => "{$scenario->user}:{$scenario->password}"]);
            break;
    }
    if (class_exists('GuzzleHttp\Client')) {
        try {
            guzzle($scenario);
        } catch (Throwable $error) {
            fwrite(STDERR, "guzzle {$scenario->name}: {$error->getMessage()}\n");
        }
    }
}
