<?php
// What every PHP server of the differential answers: see PROTOCOL.md.

/** The fields, as keys of an answer and by their names, the outermost first. */
const FIELDS = ['email' => ['email'], 'user.email' => ['user', 'email']];
const COOKIES = ['sid', 'email'];

final class Answer
{
    private array $all;

    public function __construct(?string $route)
    {
        $this->all = ['route' => $route];
    }

    /** What an idiom reads; one that throws reads nothing. */
    public function put(string $key, callable $read): void
    {
        try {
            $found = self::texts($read());
        } catch (\Throwable) {
            return;
        }
        if ($found !== []) {
            $this->all[$key] = $found;
        }
    }

    /** A field of a nested value. */
    public function fields(string $place, string $idiom, callable $read): void
    {
        foreach (FIELDS as $field => $names) {
            $this->put("$place.$field $idiom", function () use ($names, $read) {
                $value = $read();
                foreach ($names as $name) {
                    $value = is_array($value) ? ($value[$name] ?? null) : null;
                }
                return $value;
            });
        }
    }

    /** What people write to read a bearer token. */
    public function bearer(?string $header): void
    {
        if ($header === null) {
            return;
        }
        $match = fn (string $pattern) => preg_match($pattern, $header, $found) ? $found[1] : null;
        $this->put('bearer /Bearer\s(\S+)/', fn () => $match('/Bearer\s(\S+)/'));
        $this->put('bearer /^Bearer\s+(.+)$/i', fn () => $match('/^Bearer\s+(.+)$/i'));
        $this->put('bearer sscanf', fn () => sscanf($header, 'Bearer %s')[0] ?? null);
        $this->put('bearer explode', fn () => strcasecmp(explode(' ', $header)[0], 'Bearer') === 0 ? explode(' ', $header)[1] : null);
    }

    public function send(): void
    {
        $body = json_encode($this->all, JSON_UNESCAPED_UNICODE);
        header('content-type: application/json');
        header('content-length: ' . strlen($body));
        echo $body;
    }

    private static function texts(mixed $value): array
    {
        return match (true) {
            $value === null => [],
            is_array($value) => array_merge([], ...array_map(self::texts(...), array_values($value))),
            is_bool($value) => [$value ? 'true' : 'false'],
            is_scalar($value) => [self::text((string) $value)],
            $value instanceof \SplFileInfo => [self::text(file_get_contents($value->getPathname()))],
            default => array_merge([], ...array_map(self::texts(...), array_values((array) $value))),
        };
    }

    private static function text(string $text): string|array
    {
        return mb_check_encoding($text, 'UTF-8') ? $text : ['hex' => bin2hex($text)];
    }
}
