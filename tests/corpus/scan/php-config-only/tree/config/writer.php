<?php

return [
    'model' => env('WRITER_MODEL', 'gpt-4-turbo'),
    'words' => 120,
];
