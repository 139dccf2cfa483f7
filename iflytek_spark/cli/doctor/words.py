"""What the doctor says, in English and Chinese: one row a matter."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Literal, NamedTuple, TypeAlias

from iflytek_spark.cli.doctor.findings import Finding

Language: TypeAlias = Literal["en", "zh"]


class Words(NamedTuple):
    """A sentence in both languages; ``{}`` takes a finding's detail."""

    en: str
    zh: str


WORDS: Mapping[str, Words] = {
    # keys
    "keys-found": Words("found in {}", "找到，来自 {}"),
    "no-keys": Words("no keys are set. {}", "没有设置任何密钥。{}"),
    "keys-incomplete": Words(
        "some keys are set, others (+) are missing: {}", "密钥不全，缺少 + 后面的：{}"
    ),
    "mixed-families": Words(
        "the keys are half of one family of variables and half of another: {}. "
        "Set all three in one family",
        "密钥一半来自一组变量，一半来自另一组：{}。请在同一组变量里设齐三个",
    ),
    "swapped": Words(
        "APIKey and APISecret are swapped; exchange the two{}",
        "APIKey 和 APISecret 填反了，请对调{}",
    ),
    "kind-of-key": Words("the wrong kind of key: {}", "密钥种类不对：{}"),
    "bad-key": Words("cannot be a key: {}", "不可能是密钥：{}"),
    "quotes": Words(
        "has quotation marks around it, which count as part of the key; remove them{}",
        "值的两端有引号，会被当成密钥的一部分，请去掉{}",
    ),
    "whitespace": Words(
        "has spaces or line ends around it, which are left out{}", "值的两端有空白，已忽略{}"
    ),
    "inner-whitespace": Words(
        "has a space or a line end inside; copy it again{}", "值的中间有空白，请重新复制{}"
    ),
    "base-url": Words("calls go to {}", "请求发往 {}"),
    "base-url-bad": Words("is not an address that can be used: {}", "地址不能用：{}"),
    "base-url-path": Words(
        "ends in /chat/completions, which this library adds itself; it was put right: {}",
        "末尾多了 /chat/completions（本库会自己加），已更正：{}",
    ),
    "retired-model": Words("the model was withdrawn: {}", "模型已下线：{}"),
    # network
    "host-ok": Words("reached: {}", "连得上：{}"),
    "proxy-used": Words("goes through the proxy {}", "经过代理 {}"),
    "proxy-bad": Words("the proxy's address cannot be used: {}", "代理地址不能用：{}"),
    "proxy-unreachable": Words("the proxy itself is not reached: {}", "连不上代理本身：{}"),
    "proxy-password": Words(
        "the proxy wants another user name or password: {}", "代理的用户名或密码不对：{}"
    ),
    "proxy-refused": Words("the proxy refused the connection: {}", "代理拒绝连接：{}"),
    "dns": Words("the host's name is not found (DNS): {}", "域名解析失败（DNS）：{}"),
    "port-closed": Words("nothing listens at the port: {}", "端口没有打开，连接被拒绝：{}"),
    "unreachable": Words("the host is not reached: {}", "连不上主机：{}"),
    "silence": Words("no answer came in time: {}", "超时，没有任何回应：{}"),
    "certificate-expired": Words("the certificate has expired: {}", "证书已过期：{}"),
    "certificate-early": Words(
        "the certificate is not valid yet; check the clock: {}", "证书尚未生效，请检查时钟：{}"
    ),
    "certificate-self-signed": Words(
        "the certificate is self-signed; name its CA in SSL_CERT_FILE if you trust it: {}",
        "证书是自签名的；如果信任它，请用 SSL_CERT_FILE 指出它的 CA：{}",
    ),
    "certificate-host": Words("the certificate is for another host: {}", "证书属于另一个主机：{}"),
    "certificate-unknown-ca": Words(
        "the certificate's CA is unknown, perhaps a proxy's; name it in SSL_CERT_FILE: {}",
        "签发证书的 CA 未知，可能是代理的；请用 SSL_CERT_FILE 指出：{}",
    ),
    "ca-missing": Words("the file of CAs does not exist: {}", "CA 文件不存在：{}"),
    "tls": Words("no TLS connection could be made: {}", "TLS 连接失败：{}"),
    "not-http": Words("what answers is not HTTP: {}", "对方说的不是 HTTP：{}"),
    "captive-portal": Words(
        "a web page answers in place of the service, as where one must log in to the network: {}",
        "回应的是网页而不是服务，像是需要先登录网络：{}",
    ),
    "clock": Words(
        "this machine's clock is off by {}; signatures allow 300 seconds. Set the clock",
        "本机时钟偏差 {}，签名只允许 300 秒，请校准时钟",
    ),
    # products
    "works": Words("works ({})", "可用（{}）"),
    "wrong-secret": Words(
        "the APISecret is wrong, or not of this APIKey: {}", "APISecret 不对，或与 APIKey 不配：{}"
    ),
    "wrong-key": Words("the service does not know this APIKey: {}", "服务不认识这个 APIKey：{}"),
    "wrong-http-key": Words("the key for HTTP was refused: {}", "HTTP 用的密钥被拒绝：{}"),
    "wrong-app-id": Words(
        "the APPID is wrong, or not of this APIKey: {}", "APPID 不对，或与 APIKey 不配：{}"
    ),
    "not-entitled": Words(
        "the account may not use this product, or its quota is gone; see the console: {}",
        "账号没有开通这个产品，或额度用完，请看控制台：{}",
    ),
    "all-refused": Words(
        "every product of the app was refused; perhaps the APPID is another app's{}",
        "这个应用的所有产品都被拒绝，APPID 可能是另一个应用的{}",
    ),
    "quota": Words("the quota is used up: {}", "额度已用完：{}"),
    "rate": Words("too many requests at once, try again later: {}", "请求太频繁，请稍后再试：{}"),
    "unknown-model": Words(
        "there is no such model, or it was withdrawn: {}", "没有这个模型，或已下线：{}"
    ),
    "connection-lost": Words("the connection failed: {}", "连接失败：{}"),
    "other-error": Words("another error: {}", "其他错误：{}"),
    "no-key-for-it": Words("needs {}", "需要 {}"),
    "key-refused": Words("its key was refused already{}", "它用的密钥刚才已被拒绝{}"),
    "host-failed": Words("its host is not reached: {}", "它的主机连不上：{}"),
    "other-path": Words(
        "base_url is the address of another call{}", "base_url 是另一种请求的地址{}"
    ),
    "not-asked": Words("is asked with --only {}", "用 --only {} 才会询问"),
    "declined": Words("no calls were wanted{}", "没有同意发送请求{}"),
    # assumptions
    "held": Words("held: {}", "成立：{}"),
    "did-not-hold": Words("did not hold: {}", "不成立：{}"),
    "no-evidence": Words("not tried, since no call showed it{}", "未试：没有请求能看出{}"),
    "needs-context": Words(
        "not tried: needs a prompt of the whole context{}", "未试：需要占满上下文的提示{}"
    ),
    "needs-reading": Words(
        "not tried: an answer does not show how turns were read{}",
        "未试：从回答看不出服务怎样读各轮消息{}",
    ),
    "needs-refused": Words("not tried: needs a call that goes wrong{}", "未试：需要出错的请求{}"),
    "needs-idle": Words("not tried: needs a connection left idle{}", "未试：需要久置的连接{}"),
    # around them
    "keys": Words("Keys and settings{}", "密钥与设置{}"),
    "network": Words("Network{}", "网络{}"),
    "products": Words("Products{}", "产品{}"),
    "assumptions": Words("What this library assumes of the service{}", "本库对服务的假设{}"),
    "question": Words("At most {} Go on? [y/N] ", "最多 {} 继续吗？[y/N] "),
    "calls": Words(
        "{} calls will be made, each of a few tokens.", "会发送 {} 次请求，每次只用几个 token。"
    ),
    "image-points": Words(
        " One of them makes an image, for {} points.", "其中一次生成图片，消耗 {} 点。"
    ),
    "all-right": Words("All right: {}", "一切正常：{}"),
    "something-wrong": Words("Something is wrong: {}", "有问题：{}"),
    "counts": Words("{}", "{}"),
    "interrupted": Words("stopped{}", "已停止{}"),
    "recorded": Words("recordings: {}", "录制：{}"),
}
"""What can be found, and what stands around it."""


def language_of_locale() -> Language:
    """Return the language of ``LC_ALL``, ``LC_MESSAGES`` or ``LANG``, the first that is set."""
    names = ("LC_ALL", "LC_MESSAGES", "LANG")
    locale = next((os.environ[name] for name in names if os.environ.get(name)), "")
    return "zh" if locale.lower().startswith("zh") else "en"


def say(name: str, detail: object, language: Language) -> str:
    """Return the sentence of a row."""
    words = WORDS[name]
    return (words.zh if language == "zh" else words.en).format(detail).rstrip(": ：")


def sentence(finding: Finding, language: Language) -> str:
    """Return what a finding says, with its sid, which the vendor's support asks for."""
    sid = f" (sid {finding.sid})" if finding.sid else ""
    return say(finding.problem, finding.detail, language) + sid
