using System.Globalization;

namespace IdP.UI.Mail;

/// <summary>What a mail says, before it is text or HTML; both are made from it.</summary>
public sealed record MailContent
{
    /// <summary>The language it speaks.</summary>
    public required CultureInfo Culture { get; init; }

    /// <summary>One line.</summary>
    public required string Subject { get; init; }

    /// <summary>To whom.</summary>
    public required string Greeting { get; init; }

    /// <summary>What it is about.</summary>
    public required string Heading { get; init; }

    /// <summary>What happened.</summary>
    public required IReadOnlyList<string> Paragraphs { get; init; }

    /// <summary>What the recipient can check: when, from where, until when.</summary>
    public required IReadOnlyList<MailFact> Facts { get; init; }

    /// <summary>The one thing to do, if there is one.</summary>
    public MailAction? Action { get; init; }

    /// <summary>What to do if it was not the recipient.</summary>
    public required MailAdvice IfNotYou { get; init; }

    /// <summary>Who sends it, and why to this address.</summary>
    public required string Footer { get; init; }

    /// <summary>Where help is found, as a sentence; null where the provider names none.</summary>
    public string? Help { get; init; }
}

/// <summary>A line of the table of facts.</summary>
/// <param name="Name">Such as 'Asked for'.</param>
/// <param name="Value">Such as a time.</param>
public sealed record MailFact(string Name, string Value);

/// <summary>A link, with what it is for.</summary>
/// <param name="Text">On the button.</param>
/// <param name="Link">Where it leads.</param>
/// <param name="Fallback">Says that the address can be copied.</param>
/// <param name="AnswersIfNotYou">Whether it is only for a recipient who did not do what is told.</param>
public sealed record MailAction(string Text, Uri Link, string Fallback, bool AnswersIfNotYou);

/// <summary>What to do if it was not the recipient.</summary>
/// <param name="Heading">When this holds.</param>
/// <param name="Text">What to do then.</param>
public sealed record MailAdvice(string Heading, string Text);

/// <summary>The provider's accent, as <c>#rrggbb</c>, for light and for dark.</summary>
/// <param name="Accent">Of links and buttons.</param>
/// <param name="OnAccent">Of text on it.</param>
/// <param name="DarkAccent">Of links and buttons on dark.</param>
/// <param name="DarkOnAccent">Of text on that.</param>
public sealed record MailColors(string Accent, string OnAccent, string DarkAccent, string DarkOnAccent);
