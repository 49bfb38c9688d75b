<?php

declare(strict_types=1);

namespace Menu;

use OpenAI;
use OpenAI\Client;

final class Translator
{
    private Client $client;

    public function __construct(string $key)
    {
        $this->client = OpenAI::client($key);
    }

    public function translate(string $dish, string $language): string
    {
        $reply = $this->client->chat()->create([
            'model' => 'gpt-4o-mini',
            'messages' => [
                ['role' => 'user', 'content' => "Translate the dish into $language: $dish"],
            ],
        ]);

        return $reply->choices[0]->message->content ?? $dish;
    }
}
