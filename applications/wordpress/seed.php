<?php
// Installs WordPress and its accounts: `admin`, and `person1` to `person40` with the mailbox personN@shop.example,
// all with one password. `person1` also has an application password, written to STATE_DIR/application-password.
define('WP_INSTALLING', true);
$_SERVER['HTTP_HOST'] = '127.0.0.1';
$_SERVER['REQUEST_URI'] = '/';
require getcwd() . '/wp-load.php';
require_once ABSPATH . 'wp-admin/includes/upgrade.php';
const PASSWORD = 'correct-horse-7';
add_filter('pre_wp_mail', '__return_true');
wp_install('Shop', 'admin', 'admin@shop.example', true, '', PASSWORD);
update_option('permalink_structure', '/%postname%/');
for ($number = 1; $number <= 40; $number++) {
    $id = wp_insert_user([
        'user_login' => "person$number",
        'user_email' => "person$number@shop.example",
        'user_pass' => PASSWORD,
        'role' => 'author',
    ]);
    if (is_wp_error($id)) {
        fwrite(STDERR, $id->get_error_message() . "\n");
        exit(1);
    }
}
$id = get_user_by('login', 'person1')->ID;
[$password] = WP_Application_Passwords::create_new_application_password($id, ['name' => 'phone']);
file_put_contents(dirname(getcwd()) . '/application-password', $password);
