//! What people send.

use super::*;

const NONE: &str = "";
const CHROME_140: &str = r#""Chromium";v="140", "Not=A?Brand";v="24", "Google Chrome";v="140""#;
const WEBVIEW_140: &str = r#""Chromium";v="140", "Not=A?Brand";v="24", "Android WebView";v="140""#;

#[rustfmt::skip]
const BROWSERS: &[Lines] = &[
    // Chrome: Windows, macOS, Linux, ChromeOS, Android, an Android tablet, the desktop site asked for, plain HTTP.
    ("Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36", CHROME_140, "?0", "\"Windows\""),
    ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36", CHROME_140, "?0", "\"macOS\""),
    ("Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36", CHROME_140, "?0", "\"Linux\""),
    ("Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36", CHROME_140, "?0", "\"Chrome OS\""),
    ("Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Mobile Safari/537.36", CHROME_140, "?1", "\"Android\""),
    ("Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36", CHROME_140, "?0", "\"Android\""),
    ("Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36", CHROME_140, "?1", "\"Android\""),
    ("Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36", CHROME_140, "?1", "\"Android\""),
    ("Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36", NONE, NONE, NONE),
    // The policy of 2022 that wrote the hundredth version as the 99th.
    ("Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/99.0.100.0 Safari/537.36", r#""Chromium";v="100", "Google Chrome";v="100""#, "?0", "\"Windows\""),
    // Edge: Windows, macOS, Android, iOS, and the Edge before Chromium.
    ("Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36 Edg/140.0.0.0", r#""Chromium";v="140", "Not=A?Brand";v="24", "Microsoft Edge";v="140""#, "?0", "\"Windows\""),
    ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36 Edg/140.0.3485.54", r#""Chromium";v="140", "Not=A?Brand";v="24", "Microsoft Edge";v="140""#, "?0", "\"macOS\""),
    ("Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Mobile Safari/537.36 EdgA/140.0.0.0", r#""Chromium";v="140", "Not=A?Brand";v="24", "Microsoft Edge";v="140""#, "?1", "\"Android\""),
    ("Mozilla/5.0 (iPhone; CPU iPhone OS 17_7_2 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.0 EdgiOS/140.0.3485.54 Mobile/15E148 Safari/605.1.15", NONE, NONE, NONE),
    ("Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/64.0.3282.140 Safari/537.36 Edge/18.17763", NONE, NONE, NONE),
    // Opera, Opera GX, Opera on Android, Vivaldi, Brave, Yandex, Whale.
    ("Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/139.0.0.0 Safari/537.36 OPR/123.0.0.0", r#""Opera";v="123", "Chromium";v="139", "Not;A=Brand";v="99""#, "?0", "\"Windows\""),
    ("Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/137.0.0.0 Safari/537.36 OPR/121.0.0.0", r#""Opera GX";v="121", "Chromium";v="137", "Not/A)Brand";v="24""#, "?0", "\"Windows\""),
    ("Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/137.0.0.0 Mobile Safari/537.36 OPR/91.0.0.0", r#""OperaMobile";v="91", "Chromium";v="137", "Not/A)Brand";v="24""#, "?1", "\"Android\""),
    ("Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36 Vivaldi/7.6.3797.58", r#""Chromium";v="140", "Not=A?Brand";v="24", "Vivaldi";v="7.6""#, "?0", "\"Linux\""),
    ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36", r#""Chromium";v="140", "Not=A?Brand";v="24", "Brave";v="140""#, "?0", "\"macOS\""),
    ("Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/138.0.0.0 YaBrowser/25.8.0.0 Safari/537.36", r#""Not)A;Brand";v="8", "Chromium";v="138", "YaBrowser";v="25.8", "Yowser";v="2.5""#, "?0", "\"Windows\""),
    ("Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/138.0.0.0 Whale/4.33.325.17 Safari/537.36", r#""Chromium";v="138", "Whale";v="4", "Not)A;Brand";v="99""#, "?0", "\"Windows\""),
    // Samsung, Huawei, UC, MIUI, Silk.
    ("Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/28.0 Chrome/130.0.0.0 Mobile Safari/537.36", r#""Chromium";v="130", "Samsung Internet";v="28.0", "Not?A_Brand";v="99""#, "?1", "\"Android\""),
    ("Mozilla/5.0 (Linux; Android 12; HarmonyOS; NOH-AN00; HMSCore 6.13.0.321) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/114.0.5735.196 HuaweiBrowser/15.0.4.312 Mobile Safari/537.36", r#""Not.A/Brand";v="8", "Chromium";v="114", "HuaweiBrowser";v="114""#, "?1", "\"Android\""),
    ("Mozilla/5.0 (Linux; U; Android 13; en-US; 22101316G Build/TP1A.220624.014) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/123.0.6312.80 UCBrowser/14.5.2.1358 Mobile Safari/537.36", NONE, NONE, NONE),
    ("Mozilla/5.0 (Linux; U; Android 14; en-gb; 2312DRA50G Build/UP1A.231005.007) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/112.0.5615.136 Mobile Safari/537.36 XiaoMi/MiuiBrowser/14.31.1-gn", NONE, NONE, NONE),
    ("Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/534.24 (KHTML, like Gecko) Chrome/109.0.5414.118 Safari/534.24 XiaoMi/MiuiBrowser/18.1.110304 swan-mibrowser", NONE, NONE, NONE),
    ("Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/534.24 (KHTML, like Gecko) Chrome/71.0.3578.141 Safari/534.24 XiaoMi/MiuiBrowser/12.1.5-g", NONE, NONE, NONE),
    ("Mozilla/5.0 (Linux; Android 11; CUBOT X50) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Mobile Safari/537.36", NONE, NONE, NONE),
    ("Mozilla/5.0 (Linux; Android 11; KFTRWI) AppleWebKit/537.36 (KHTML, like Gecko) Silk/135.3.2 like Chrome/135.0.7049.111 Safari/537.36", r#""Chromium";v="135", "Amazon Silk";v="135", "Not-A.Brand";v="8""#, "?0", "\"Android\""),
    // Firefox: Windows, macOS, Linux, Android, iOS, Tor.
    ("Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:143.0) Gecko/20100101 Firefox/143.0", NONE, NONE, NONE),
    ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15; rv:143.0) Gecko/20100101 Firefox/143.0", NONE, NONE, NONE),
    ("Mozilla/5.0 (X11; Linux x86_64; rv:109.0) Gecko/20100101 Firefox/115.0", NONE, NONE, NONE),
    ("Mozilla/5.0 (Android 15; Mobile; rv:143.0) Gecko/143.0 Firefox/143.0", NONE, NONE, NONE),
    ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) FxiOS/143.0 Mobile/15E148 Safari/605.1.15", NONE, NONE, NONE),
    // Safari: macOS, iPhone, iPad; Chrome, DuckDuckGo, Brave and Opera on iOS; an iOS web view.
    ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.6 Safari/605.1.15", NONE, NONE, NONE),
    ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.6 Mobile/15E148 Safari/604.1", NONE, NONE, NONE),
    ("Mozilla/5.0 (iPad; CPU OS 16_7 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/16.6 Mobile/15E148 Safari/604.1", NONE, NONE, NONE),
    ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) CriOS/140.0.7339.101 Mobile/15E148 Safari/604.1", NONE, NONE, NONE),
    ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.6 Safari/605.1.15 Ddg/18.6", NONE, NONE, NONE),
    ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1 OPT/5.6.2", NONE, NONE, NONE),
    ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148", NONE, NONE, NONE),
    // DuckDuckGo on Android, Android web views, in-app browsers.
    ("Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Mobile DuckDuckGo/5 Safari/537.36", r#""Chromium";v="140", "DuckDuckGo";v="140", "Not=A?Brand";v="24""#, "?1", "\"Android\""),
    ("Mozilla/5.0 (Linux; Android 14; Pixel 8 Build/UQ1A.240205.002; wv) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/140.0.7339.51 Mobile Safari/537.36", WEBVIEW_140, "?1", "\"Android\""),
    ("Mozilla/5.0 (Linux; Android 13; SM-A536B Build/TP1A.220624.014; wv) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/140.0.7339.51 Mobile Safari/537.36 [FB_IAB/FB4A;FBAV/527.0.0.42.87;]", WEBVIEW_140, "?1", "\"Android\""),
    ("Mozilla/5.0 (iPhone; CPU iPhone OS 17_5_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/21F90 Instagram 344.0.0.20.90 (iPhone14,5; iOS 17_5_1; de_DE; de; scale=3.00; 1170x2532; 632334127)", NONE, NONE, NONE),
    ("Mozilla/5.0 (Linux; Android 12; M2102J20SG Build/SKQ1.211006.001; wv) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/130.0.6723.103 Mobile Safari/537.36 XWEB/1300473 MMWEBSDK/20240404 MicroMessenger/8.0.49.2600(0x28003133) WeChat/arm64 Weixin NetType/WIFI Language/zh_CN ABI/arm64", NONE, NONE, NONE),
    ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) GSA/383.0.797833943 Mobile/15E148 Safari/604.1", NONE, NONE, NONE),
    ("Mozilla/5.0 (Linux; Android 9; musical_ly_2022803040 JsSdk/1.0 NetType/WIFI; wv) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/126.0.6478.71 Mobile Safari/537.36 BytedanceWebview/d8a21c6", NONE, NONE, NONE),
    // What desktop apps are made of, old things, television sets.
    ("Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Slack/4.45.64 Chrome/138.0.7204.97 Electron/37.2.0 Safari/537.36", r#""Not)A;Brand";v="8", "Chromium";v="138""#, "?0", "\"Windows\""),
    ("Mozilla/5.0 (Windows NT 10.0; WOW64; Trident/7.0; rv:11.0) like Gecko", NONE, NONE, NONE),
    ("Mozilla/5.0 (Mobile; Windows Phone 8.1; Android 4.0; ARM; Trident/7.0; Touch; rv:11.0; IEMobile/11.0; NOKIA; Lumia 520) like iPhone OS 7_0_3 Mac OS X AppleWebKit/537 (KHTML, like Gecko) Mobile Safari/537", NONE, NONE, NONE),
    ("Mozilla/5.0 (Linux; NetCast; U) AppleWebKit/537.31 (KHTML, like Gecko) Chrome/38.0.2125.122 Safari/537.31 SmartTV/7.0", NONE, NONE, NONE),
    ("Mozilla/5.0 (SMART-TV; Linux; Tizen 6.0) AppleWebKit/537.36 (KHTML, like Gecko) 76.0.3809.146/6.0 TV Safari/537.36", NONE, NONE, NONE),
    ("Opera/9.80 (J2ME/MIDP; Opera Mini/7.1.32052/29.3709; U; en) Presto/2.8.119 Version/11.10", NONE, NONE, NONE),
    // Apps, and what they are made of.
    ("okhttp/4.12.0", NONE, NONE, NONE),
    ("Bank/5.2.1 (com.example.bank; build:812; iOS 18.6.0) Alamofire/5.9.1", NONE, NONE, NONE),
    ("Bank/812 CFNetwork/1568.300.101 Darwin/24.2.0", NONE, NONE, NONE),
    ("Dalvik/2.1.0 (Linux; U; Android 14; SM-S911B Build/UP1A.231005.007)", NONE, NONE, NONE),
    ("Dart/3.5 (dart:io)", NONE, NONE, NONE),
    ("Ktor client", NONE, NONE, NONE),
    ("HEY/1.9.4 (iPhone; iOS 18.6; Scale/3.00)", NONE, NONE, NONE),
    ("hey/2.4.0 (Android 14)", NONE, NONE, NONE),
];

#[test]
fn no_persons_agent_gives_a_signal() {
    for lines in BROWSERS {
        assert_eq!(signals(*lines), told(&[]), "{lines:?}");
    }
}
