using System.Net;
using System.Security.Claims;
using Microsoft.AspNetCore.Authentication;

namespace RelyingParty;

/// <summary>The few pages of this application.</summary>
internal static class SamplePages
{
    public const string Style = """
        :root { color-scheme: light dark; --accent: light-dark(#7a3e00, #ffb57a); --line: light-dark(#d9d4cd, #4a443d); }
        * { box-sizing: border-box; }
        body { margin: 0; font: 16px/1.5 system-ui, sans-serif; color: light-dark(#221d18, #f3eee8);
          background: light-dark(#fbf8f4, #1c1815); }
        header { padding: 1rem 1.5rem; border-bottom: 1px solid var(--line); font-weight: 650; }
        main { max-width: 44rem; margin: 2rem auto; padding: 0 1.5rem; }
        h1 { font-size: 1.75rem; line-height: 1.2; margin: 0 0 1rem; }
        .actions { display: flex; flex-wrap: wrap; gap: .75rem; margin: 1.5rem 0; }
        .button, button { display: inline-block; min-height: 2.75rem; padding: .6rem 1.1rem; border-radius: .4rem;
          border: 1px solid var(--accent); font: inherit; font-weight: 600; text-decoration: none; cursor: pointer;
          background: var(--accent); color: light-dark(#fff, #1c1815); }
        button.plain { background: transparent; color: var(--accent); }
        :focus-visible { outline: 3px solid light-dark(#005fcc, #8cc4ff); outline-offset: 2px; }
        table { width: 100%; border-collapse: collapse; }
        caption { text-align: left; font-weight: 650; padding: .5rem 0; }
        th, td { text-align: left; vertical-align: top; padding: .5rem .75rem .5rem 0; border-top: 1px solid var(--line);
          overflow-wrap: anywhere; }
        th { width: 11rem; font-weight: 500; }
        """;

    public static string Welcome() =>
        Page(
            "Sample application",
            """
            <p>This application has no passwords of its own. Your identity provider signs you in.</p>
            <div class="actions"><a class="button" href="/sign-in">Sign in</a></div>
            """
        );

    public static string Home(
        ClaimsPrincipal person,
        AuthenticationProperties properties,
        string antiforgery,
        bool refreshed
    ) =>
        Page(
            $"Hello, {person.FindFirst("name")?.Value ?? person.FindFirst("sub")?.Value}",
            $"""
            {(refreshed ? "<p role=\"status\">The tokens are fresh.</p>" : "")}
            <p>You are signed in. Your access token is good until
            <time>{Encode(properties.GetTokenValue("expires_at") ?? "further notice")}</time>.</p>
            <div class="actions">
              <form method="post" action="/sign-out">{antiforgery}<button>Sign out</button></form>
              {(
                properties.GetTokenValue("refresh_token") is null
                    ? ""
                    : $"<form method=\"post\" action=\"/refresh\">{antiforgery}<button class=\"plain\">Refresh tokens</button></form>"
            )}
              <form method="post" action="/transfer">{antiforgery}<button class="plain">Transfer money</button></form>
            </div>
            <table>
              <caption>What the provider says about you</caption>
              {string.Concat(
                person.Claims.Select(c =>
                    $"<tr><th scope=\"row\">{Encode(c.Type)}</th><td>{Encode(c.Value)}</td></tr>"
                )
            )}
            </table>
            """
        );

    public static string Transfer(string antiforgery) =>
        Page(
            "Transfer money",
            $"""
            <p>You have proved a second factor just now.</p>
            <div class="actions">
              <form method="post" action="/transfer">{antiforgery}<button>Transfer 100 coins</button></form>
              <a href="/">Not now</a>
            </div>
            """
        );

    public static string Transferred() =>
        Page("The coins are on their way", """<div class="actions"><a class="button" href="/">Back</a></div>""");

    public static string NotProved() =>
        Page(
            "This needs a second factor",
            """
            <p>Your account has none, or you did not show it. Set one up at your identity provider, and try again.</p>
            <div class="actions"><a class="button" href="/">Back</a></div>
            """
        );

    public static string SignedOut() =>
        Page(
            "You are signed out",
            """<div class="actions"><a class="button" href="/sign-in">Sign in again</a></div>"""
        );

    public static string NotSignedIn() =>
        Page(
            "You are not signed in",
            """
            <p>The provider did not sign you in, or has ended your session.</p>
            <div class="actions"><a class="button" href="/sign-in">Sign in</a></div>
            """
        );

    private static string Page(string heading, string content) =>
        $"""
            <!doctype html>
            <html lang="en">
            <head>
              <meta charset="utf-8">
              <meta name="viewport" content="width=device-width, initial-scale=1">
              <title>{Encode(heading)} – Sample application</title>
              <link rel="stylesheet" href="/sample.css">
            </head>
            <body>
              <header>Sample application</header>
              <main><h1>{Encode(heading)}</h1>{content}</main>
            </body>
            </html>
            """;

    private static string Encode(string text) => WebUtility.HtmlEncode(text);
}
