"""Where the web page is, and what lets one in."""

from common.core.errors import ConfigError
from common.settings import Settings
from common.web.tokens import Role, Tokens
from scripts.render import Answer

_LOG_IN = "log in with what `arbctl web token` prints; `arbctl web token --read-only` is for whoever may only look"


def link(config: Settings) -> Answer:
    """The address, without any secret in it; ConfigError when the page is switched off."""
    _refuse_without_page(config)
    files = {role.value: str(Tokens(config.var).file(role)) for role in Role}
    open_ = [f"other machines reach it at {config.web.bind}, without TLS"] if config.web.is_open else []
    return Answer({"url": config.web.url, "tokens": files}, text=config.web.url, notes=[_LOG_IN, *open_])


def token(config: Settings, role: Role) -> Answer:
    """The token itself."""
    _refuse_without_page(config)
    tokens = Tokens(config.var)
    tokens.make()
    return Answer({"role": role, "token": tokens.read(role)}, text=tokens.read(role))


def renew(config: Settings, role: Role) -> Answer:
    """Another token; sessions of the old one are over at once."""
    _refuse_without_page(config)
    tokens = Tokens(config.var)
    tokens.renew(role)
    text = f"{tokens.file(role)} has another token; every {role} session is over"
    return Answer({"role": role, "file": str(tokens.file(role))}, text=text)


def _refuse_without_page(config: Settings) -> None:
    if not config.web.enabled:
        raise ConfigError("the page is switched off: web.enabled in arb.toml, then `arbctl fleet render`")
