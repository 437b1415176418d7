package services

import (
	"strings"

	"golang.org/x/net/publicsuffix"
)

// hostSource says what kind of place a host is, which may be the name of an Android application.
func hostSource(host string) byte {
	for rest, more := host, true; more; _, rest, more = strings.Cut(rest, ".") {
		if source, ok := knownHosts[rest]; ok {
			return source
		}
	}
	first, _, _ := strings.Cut(host, ".")
	if first == "mail" || first == "webmail" {
		return fromEmail
	}
	registered, err := publicsuffix.EffectiveTLDPlusOne(host)
	if err != nil {
		return fromReferral
	}
	name, _, _ := strings.Cut(registered, ".")
	if source, ok := knownNames[name]; ok && (registered == host || searches(strings.TrimSuffix(host, registered))) {
		return source
	}
	return fromReferral
}

// searches says whether what stands before a search engine's registered name is where it searches, and not another of its services.
func searches(prefix string) bool {
	switch prefix {
	case "www.", "m.", "images.", "video.", "html.", "lite.", "cn.":
		return true
	}
	return strings.Contains(prefix, "search.")
}

// knownNames are search engines, below whatever ending they are registered.
var knownNames = map[string]byte{
	"google": fromSearch, "bing": fromSearch, "yahoo": fromSearch, "yandex": fromSearch, "duckduckgo": fromSearch, "ecosia": fromSearch, "qwant": fromSearch,
	"baidu": fromSearch, "startpage": fromSearch, "naver": fromSearch, "seznam": fromSearch, "ask": fromSearch, "aol": fromSearch, "sogou": fromSearch,
	"kagi": fromSearch, "mojeek": fromSearch, "swisscows": fromSearch, "coccoc": fromSearch, "daum": fromSearch,
	"pinterest": fromSocial,
}

// knownHosts are hosts and all below them.
var knownHosts = map[string]byte{
	"search.brave.com": fromSearch, "com.google.android.googlequicksearchbox": fromSearch, "ya.ru": fromSearch,

	"facebook.com": fromSocial, "fb.com": fromSocial, "instagram.com": fromSocial, "messenger.com": fromSocial, "threads.net": fromSocial, "threads.com": fromSocial,
	"t.co": fromSocial, "twitter.com": fromSocial, "x.com": fromSocial, "linkedin.com": fromSocial, "lnkd.in": fromSocial, "reddit.com": fromSocial,
	"youtube.com": fromSocial, "youtu.be": fromSocial, "tiktok.com": fromSocial, "pinterest.com": fromSocial, "bsky.app": fromSocial, "mastodon.social": fromSocial,
	"vk.com": fromSocial, "ok.ru": fromSocial, "weibo.com": fromSocial, "telegram.org": fromSocial, "t.me": fromSocial, "whatsapp.com": fromSocial, "wa.me": fromSocial,
	"discord.com": fromSocial, "quora.com": fromSocial, "tumblr.com": fromSocial, "snapchat.com": fromSocial, "xing.com": fromSocial, "news.ycombinator.com": fromSocial,
	"com.facebook.katana": fromSocial, "com.instagram.android": fromSocial, "com.linkedin.android": fromSocial, "com.twitter.android": fromSocial,
	"org.telegram.messenger": fromSocial, "com.pinterest": fromSocial, "com.reddit.frontpage": fromSocial, "com.zhiliaoapp.musically": fromSocial, "com.whatsapp": fromSocial,

	"mail.google.com": fromEmail, "outlook.live.com": fromEmail, "outlook.office.com": fromEmail, "outlook.office365.com": fromEmail, "mail.yahoo.com": fromEmail,
	"com.google.android.gm": fromEmail, "com.microsoft.office.outlook": fromEmail,

	"chatgpt.com": fromAssistant, "chat.openai.com": fromAssistant, "perplexity.ai": fromAssistant, "claude.ai": fromAssistant, "gemini.google.com": fromAssistant,
	"copilot.microsoft.com": fromAssistant, "chat.deepseek.com": fromAssistant, "chat.mistral.ai": fromAssistant, "grok.com": fromAssistant, "meta.ai": fromAssistant,
}
