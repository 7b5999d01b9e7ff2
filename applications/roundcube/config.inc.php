<?php
// The configuration of the Roundcube under test: everything in its state directory, mail from a Dovecot on loopback.
$state = getenv('ROUNDCUBE_STATE');
$config['db_dsnw'] = "sqlite:///$state/roundcube.sqlite3?mode=0600";
$config['imap_host'] = getenv('ROUNDCUBE_IMAP');
$config['smtp_host'] = 'localhost:9';
$config['des_key'] = 'for-tests-24-characters!';
$config['temp_dir'] = "$state/temp";
$config['log_dir'] = "$state/logs";
$config['plugins'] = [];
$config['skin'] = 'elastic';
$config['language'] = 'en_US';
// Its own wait after failures is off: what protects is the filter, and Roundcube's would hide what it misses.
$config['login_rate_limit'] = 100000;
