<?php

namespace App\Http\Controllers;

use Illuminate\Http\Request;
use OpenAI\Laravel\Facades\OpenAI;

class WriterController
{
    public function __invoke(Request $request)
    {
        $reply = OpenAI::chat()->create([
            'model' => config('writer.model'),
            'messages' => [['role' => 'user', 'content' => $request->string('topic')]],
        ]);

        return ['text' => $reply->choices[0]->message->content];
    }
}
