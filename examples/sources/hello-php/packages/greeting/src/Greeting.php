<?php

declare(strict_types=1);

namespace Example;

/** A line that greets whoever asks. */
final class Greeting
{
    public static function of(string $greeting, string $name): string
    {
        return "$greeting, $name\n";
    }
}
