<?php
// Tells the filter before WordPress whose account a login or a mail is about: `identity.account_header: x-account`.
// WordPress loads it from `wp-content/mu-plugins/`.
function palisade_account($user) {
    if ($user instanceof WP_User && !headers_sent()) {
        header("x-account: $user->ID", false);
    }
}
// Before WordPress looks at the password. A name may be the user name of one and the mail address of another.
add_filter('authenticate', function ($result, $name) {
    foreach (['login', 'email'] as $field) {
        palisade_account(get_user_by($field, $name));
    }
    return $result;
}, 1, 2);
add_action('lostpassword_post', fn($errors, $user) => palisade_account($user), 10, 2);
