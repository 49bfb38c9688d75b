<?php
function isRude(string $entry): bool
{
    $body = [
        "model" => "mistralai/mixtral-8x7b-instruct",
        "messages" => [["role" => "user", "content" => "Rude? yes or no: " . $entry]],
    ];
    $curl = curl_init("https://openrouter.ai/api/v1/chat/completions");
    curl_setopt_array($curl, [
        CURLOPT_POST => true,
        CURLOPT_RETURNTRANSFER => true,
        CURLOPT_HTTPHEADER => ["Authorization: Bearer " . getenv("KEY"), "Content-Type: application/json"],
        CURLOPT_POSTFIELDS => json_encode($body),
    ]);
    $reply = json_decode(curl_exec($curl), true);
    return str_starts_with(strtolower($reply["choices"][0]["message"]["content"] ?? "no"), "yes");
}

if ($_SERVER["REQUEST_METHOD"] === "POST" && !isRude($_POST["entry"])) {
    file_put_contents("../entries.txt", $_POST["entry"] . "\n", FILE_APPEND);
}
?>
<form method="post"><textarea name="entry"></textarea><button>Send</button></form>
