"""Which browsers are those inside other apps, by the names that they give themselves."""
# ruff: noqa: E501 - and these are long

import pytest

from ticketing.web import browsers

IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko)"
IPAD = "Mozilla/5.0 (iPad; CPU OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko)"
PIXEL = "Mozilla/5.0 (Linux; Android 15; Pixel 9 Build/AP3A.241005.015{wv}) AppleWebKit/537.36 (KHTML, like Gecko)"
WEB_VIEW = PIXEL.format(wv="; wv") + " Version/4.0 Chrome/140.0.7339.51 Mobile Safari/537.36"

INSIDE = {
    "WhatsApp, Android": f"{WEB_VIEW} WhatsApp/2.25.13.78",
    "WhatsApp, iPhone": f"{IPHONE} Mobile/15E148 WhatsApp/25.20.78",
    "Instagram, Android": f"{WEB_VIEW} Instagram 390.0.0.43.81 Android (35/15; 420dpi; 1080x2424; Google/google; Pixel 9; tokay; tokay; en_US; 772000000)",
    "Instagram, iPhone": f"{IPHONE} Mobile/22G86 Instagram 390.0.0.28.78 (iPhone16,1; iOS 18_6; en_US; en; scale=3.00; 1179x2556; 770000000)",
    "Facebook, Android": f"{WEB_VIEW} [FB_IAB/FB4A;FBAV/520.0.0.38.70;]",
    "Facebook, iPhone": f"{IPHONE} Mobile/22G86 [FBAN/FBIOS;FBAV/520.0.0.38.101;FBBV/756351453;FBDV/iPhone16,1;FBMD/iPhone;FBSN/iOS;FBSV/18.6;FBSS/3;FBID/phone;FBLC/en_US;FBOP/5]",
    "Messenger, Android": f"{WEB_VIEW} [FB_IAB/Orca-Android;FBAV/520.0.0.41.109;]",
    "Messenger, iPhone": f"{IPHONE} Mobile/15E148 [FBAN/MessengerForiOS;FBAV/466.0.0.41.109;FBBV/615310455]",
    "TikTok, Android": f"{WEB_VIEW} trill_350402 JsSdk/1.0 NetType/MOBILE Channel/googleplay AppName/trill app_version/35.3.1 ByteLocale/en BytedanceWebview/d8a21c6",
    "TikTok, iPhone": f"{IPHONE} Mobile/15E148 musical_ly_34.0.0 JsSdk/2.0 NetType/WIFI Channel/App Store ByteLocale/en Region/US",
    "Telegram, Android": PIXEL.format(wv="")
    + " Chrome/140.0.7339.51 Mobile Safari/537.36 Telegram-Android/11.13.1 (Google Pixel 9; Android 15; SDK 35; HIGH)",
    "Telegram and any other, iPhone": f"{IPHONE} Mobile/15E148",
    "any other, iPad": f"{IPAD} Mobile/15E148",
    "any other, Android": WEB_VIEW,
    "Outlook, iPhone": f"{IPHONE} Mobile/15E148 Outlook-iOS/4.2531.0",
    "Google's app, iPhone": f"{IPHONE} GSA/380.0.788317806 Mobile/15E148 Safari/604.1",
    "Snapchat, iPhone": f"{IPHONE} Mobile/15E148 Snapchat/13.50.0.42 (like Safari/8621.3.11.10.3, panda)",
    "LinkedIn, iPhone": f"{IPHONE} Mobile/15E148 [LinkedInApp]/9.31.5124",
    "Line, iPhone": f"{IPHONE} Mobile/15E148 Safari Line/15.12.1",
    "X, iPhone": f"{IPHONE} Mobile/15E148 Twitter for iPhone/11.10",
}
OUTSIDE = {
    "Safari, iPhone": f"{IPHONE} Version/18.6 Mobile/15E148 Safari/604.1",
    "Safari, iPad as a desktop": "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.6 Safari/605.1.15",
    "Chrome, iPhone": f"{IPHONE} CriOS/140.0.7339.39 Mobile/15E148 Safari/604.1",
    "Firefox, iPhone": f"{IPHONE} FxiOS/142.0 Mobile/15E148 Safari/605.1.15",
    "Edge, iPhone": f"{IPHONE} Version/18.0 EdgiOS/139.0.3405.111 Mobile/15E148 Safari/604.1",
    # Gmail opens links in a tab of Chrome's own, which says nothing else of itself.
    "Chrome, Android": "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Mobile Safari/537.36",
    "Samsung Internet": "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/28.0 Chrome/130.0.0.0 Mobile Safari/537.36",
    "Firefox, Android": "Mozilla/5.0 (Android 15; Mobile; rv:142.0) Gecko/142.0 Firefox/142.0",
    "Chrome, Windows": "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36",
    "Safari, Mac": "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.6 Safari/605.1.15",
    "nobody": "",
}


@pytest.mark.parametrize("agent", INSIDE.values(), ids=INSIDE.keys())
def test_inside_another_app(agent: str) -> None:
    assert browsers.is_inside_app(agent)


@pytest.mark.parametrize("agent", OUTSIDE.values(), ids=OUTSIDE.keys())
def test_people_s_own_browsers(agent: str) -> None:
    assert not browsers.is_inside_app(agent)
