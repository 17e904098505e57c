using Microsoft.AspNetCore.Components;

namespace IdP.UI.Mail;

/// <summary>The one layout of every mail. Styles stand in the tags, since mail programs drop what stands elsewhere.</summary>
public sealed partial class MailLetter : ComponentBase
{
    /// <summary>What it says.</summary>
    [Parameter, EditorRequired]
    public MailContent Content { get; set; } = null!;

    /// <summary>Who says it.</summary>
    [Parameter, EditorRequired]
    public string Brand { get; set; } = "";

    /// <summary>In which colours.</summary>
    [Parameter, EditorRequired]
    public MailColors Colors { get; set; } = null!;
}
