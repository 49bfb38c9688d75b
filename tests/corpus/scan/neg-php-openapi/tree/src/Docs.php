<?php

namespace Example\Docs;

use cebe\openapi\Reader;
use OpenApi\Client;

final class Docs
{
    public function __construct(private Client $openai) {}

    /** @return string[] */
    public function operations(string $file): array
    {
        $api = Reader::readFromYamlFile($file);
        $names = [];
        foreach ($api->paths as $path => $item) {
            foreach ($item->getOperations() as $method => $operation) {
                $names[] = strtoupper($method) . ' ' . $path . ' ' . ($operation->operationId ?? 'chat');
            }
        }
        return $this->openai->sort($names);
    }
}
