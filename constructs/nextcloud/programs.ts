import { administrator, nextcloudFiles, nextcloudPorts } from "./nextcloud-input.ts";

/**
 * Programs of ours in PHP, run by the image's own PHP. They are the same for every tenant: what differs they read from files. Each starts occ
 * with a list of words and no shell between, and no word of it is a secret.
 */
const { code, config, ours, data, conf, secrets } = nextcloudFiles;

/**
 * Makes a new installation, or brings the data of an older one up to the code of this image: nothing of it is asked of a pod that serves, which
 * would be killed half-way for not answering. Safe to run again after every way to die but one, which it names.
 */
const prepare = `<?php
declare(strict_types=1);

const CODE = '${code}';
const CONFIG_FILE = '${config}/config.php';
const OURS = '${ours}';

function fail(string $why): never
{
    fwrite(STDERR, $why . PHP_EOL);
    exit(1);
}

/** @param list<string> $words */
function occ(array $words): void
{
    echo 'occ ' . $words[0] . PHP_EOL;
    $process = proc_open([PHP_BINARY, CODE . '/occ', ...$words, '--no-interaction'], [], $pipes);
    if ($process === false || proc_close($process) !== 0) {
        fail('occ ' . $words[0] . ' failed; what it said stands above.');
    }
}

/** @return array<string, mixed> */
function configured(string $file): array
{
    $CONFIG = [];
    if (is_file($file)) {
        include $file;
    }
    return $CONFIG;
}

function codeVersion(): string
{
    require CODE . '/version.php';
    return implode('.', $OC_Version);
}

/** Words of the command line can be read by every process of the node, so occ is run inside of this one. */
function installHere(): void
{
    $ours = configured(OURS);
    $words = [
        'occ', 'maintenance:install', '--no-interaction', '--database=pgsql', '--data-dir=${data}',
        '--database-name=' . $ours['dbname'], '--database-host=' . $ours['dbhost'],
        '--database-user=' . $ours['dbuser'], '--database-pass=' . $ours['dbpassword'],
        '--admin-user=${administrator}', '--admin-pass=' . file_get_contents('${secrets.administrator}'),
    ];
    [$GLOBALS['argv'], $GLOBALS['argc']] = [$words, count($words)];
    [$_SERVER['argv'], $_SERVER['argc']] = [$words, count($words)];
    require CODE . '/console.php';
}

function install(): void
{
    echo 'occ maintenance:install' . PHP_EOL;
    $process = proc_open([PHP_BINARY, __FILE__, 'install-here'], [], $pipes);
    if ($process !== false && proc_close($process) === 0) {
        return;
    }
    fail('The installation failed; what it said stands above. If the database holds an installation already, its '
        . 'configuration on the volume was lost: restore the volume. If a first installation was interrupted, empty '
        . 'the database; this is tried again.');
}

function refuseImpossible(string $had, string $has): void
{
    $major = static fn (string $version): int => (int) explode('.', $version)[0];
    if (version_compare($had, $has, '>')) {
        fail("The data are those of Nextcloud $had, and this image is $has: an older one cannot read them. Ask for "
            . "$had or a newer one, or restore a backup.");
    }
    if ($major($has) > $major($had) + 1) {
        fail("The data are those of Nextcloud $had, and this image is $has: ask for a version " . ($major($had) + 1)
            . ' first, since no major version can be left out.');
    }
}

if (($argv[1] ?? '') === 'install-here') {
    installHere();
    exit(0);
}
$known = configured(CONFIG_FILE);
if (($known['installed'] ?? false) !== true) {
    install();
} else {
    $had = (string) $known['version'];
    refuseImpossible($had, codeVersion());
    occ(['upgrade']);
    occ(['maintenance:mode', '--off']);
}
foreach (['columns', 'indices', 'primary-keys'] as $what) {
    occ(['db:add-missing-' . $what]);
}
echo 'Nextcloud ' . codeVersion() . ' is ready to serve.' . PHP_EOL;
`;

/** Applies settings, each a list of words, until one fails. */
const settings = `<?php
declare(strict_types=1);

const CODE = '${code}';

foreach (json_decode(file_get_contents('${conf}/settings.json'), true, 8, JSON_THROW_ON_ERROR) as $words) {
    echo 'occ ' . implode(' ', array_slice($words, 0, 3)) . PHP_EOL;
    if ($words[0] === 'app:enable' && !is_dir(CODE . '/apps/' . $words[1])) {
        fwrite(STDERR, "This image has no app {$words[1]}: build one that has it below " . CODE . "/apps.\\n");
        exit(1);
    }
    $command = array_shift($words);
    $process = proc_open([PHP_BINARY, CODE . '/occ', $command, '--no-interaction', ...$words], [], $pipes);
    if ($process === false || proc_close($process) !== 0) {
        fwrite(STDERR, "occ $command failed; what it said stands above.\\n");
        exit(1);
    }
}
echo 'All settings are in force.' . PHP_EOL;
`;

/** Is this pod to get requests? Its argument is the host that people use: Nextcloud answers no other. */
const ready = `<?php
declare(strict_types=1);

$asked = stream_context_create(['http' => ['timeout' => 5, 'ignore_errors' => true, 'header' => 'Host: ' . $argv[1]]]);
$text = @file_get_contents('http://127.0.0.1:${nextcloudPorts.web}/status.php', false, $asked);
$status = json_decode($text === false ? '' : $text, true);
$isReady = is_array($status)
    && ($status['installed'] ?? null) === true
    && ($status['maintenance'] ?? null) === false
    && ($status['needsDbUpgrade'] ?? null) === false;
exit($isReady ? 0 : 1);
`;

export const programs = { "prepare.php": prepare, "settings.php": settings, "ready.php": ready } as const;
