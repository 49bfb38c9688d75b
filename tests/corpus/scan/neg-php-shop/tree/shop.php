<?php
require 'vendor/autoload.php';

use GuzzleHttp\Client;

$shop = new Client(['base_uri' => 'https://shop.example/v1/']);
$products = [
    ['dalle' => 'dalle-3', 'model' => 'sandstone', 'prompt' => 'Which colour?'],
    ['torch' => '2.0', 'model' => 'gemini', 'prompt' => 'Which length?'],
    ['transformers' => 2, 'model' => '230V', 'prompt' => 'Which socket?'],
];

foreach ($products as $product) {
    $reply = $shop->post('models', ['json' => $product]);
    echo $reply->getStatusCode(), ' ', $product['model'], PHP_EOL;
}
