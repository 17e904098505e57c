using IdP.Recovery;

namespace IdP.UI;

/// <summary>The user portal or the console: where each begins, and what it is called.</summary>
public sealed record Portal
{
    private Portal(Audience audience, string name, string home, string signIn, string forgotPassword)
    {
        Audience = audience;
        Name = name;
        Home = home;
        SignIn = signIn;
        ForgotPassword = forgotPassword;
    }

    /// <summary>The user portal.</summary>
    public static Portal User { get; } = new(Audience.User, "user", "/account", "/login", "/reset/user");

    /// <summary>The console.</summary>
    public static Portal Administrator { get; } =
        new(Audience.Administrator, "administrator", "/admin", "/login/administrator", "/reset/administrator");

    /// <summary>Whose it is.</summary>
    public Audience Audience { get; }

    /// <summary>In addresses and forms: <c>user</c> or <c>administrator</c>.</summary>
    public string Name { get; }

    /// <summary>Where somebody who is signed in begins.</summary>
    public string Home { get; }

    /// <summary>Its sign-in page.</summary>
    public string SignIn { get; }

    /// <summary>Where a password reset is asked for.</summary>
    public string ForgotPassword { get; }

    /// <summary>The portal of an audience.</summary>
    public static Portal Of(Audience audience) => audience == Audience.Administrator ? Administrator : User;

    /// <summary>The portal of that <see cref="Name"/>; the user portal for any other.</summary>
    public static Portal Named(string? name) => name == Administrator.Name ? Administrator : User;
}
