<?php

namespace Forum;

use Twig\Environment;

# composer require openai-php/client
class Forum
{
    // use OpenAI\Client;
    public const HELP = <<<'TEXT'
    use OpenAI\Client;
    is what other plug-ins begin with.
    TEXT;

    public function __construct(private Environment $twig, private array $posts = []) {}

    /** Only the one it is meant for sees a whisper. */
    public function whisper(string $from, string $to, string $text): void
    {
        $this->posts[] = ['kind' => 'whisper', 'model' => 'llama', 'from' => $from, 'to' => $to, 'text' => $text];
    }

    public function completions(string $start): array
    {
        return array_filter(['claude', 'gemini', 'bard'], fn ($n) => str_starts_with($n, $start));
    }
}
