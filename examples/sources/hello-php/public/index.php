<?php

declare(strict_types=1);

// Greets with $GREETING; /settings tells what php.ini and the image decided.
require __DIR__ . '/../vendor/autoload.php';

header('Content-Type: text/plain; charset=utf-8');
if (strtok($_SERVER['REQUEST_URI'], '?') === '/settings') {
    foreach (['memory_limit', 'upload_max_filesize', 'date.timezone'] as $name) {
        echo $name, ' = ', ini_get($name), "\n";
    }
} else {
    echo Example\Greeting::of(getenv('GREETING') ?: 'hello', 'php');
}
