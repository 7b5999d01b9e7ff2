# The accounts: `admin`, and `person1` to `person45` with the mailbox personN@shop.example, all with one password.
# `person31` to `person45` have a second factor, whose secret stands in STATE_DIR/totp; the key of `person1` for REST in
# STATE_DIR/api-key.
state = ARGV.last
password = 'correct-horse-7'
Setting.rest_api_enabled = '1'
Setting.twofa = '1'
Setting.autologin = '7'
Setting.default_language = 'en'
Setting.mail_from = 'redmine@shop.example'
secret = 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP'
File.write(File.join(state, 'totp'), secret)
admin = User.find_by(login: 'admin')
admin.update!(password: password, password_confirmation: password, must_change_passwd: false)
(1..45).each do |number|
  user = User.new(
    firstname: 'Person', lastname: number.to_s, mail: "person#{number}@shop.example", language: 'en',
    password: password, password_confirmation: password
  )
  user.login = "person#{number}"
  user.admin = false
  user.save!
  File.write(File.join(state, 'api-key'), user.api_key) if number == 1
  user.update!(twofa_scheme: 'totp', twofa_totp_key: secret) if number > 30
end
