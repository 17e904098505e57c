namespace IdP.UI.Pages.Dev;

/// <summary>The console's components, to look at.</summary>
public sealed class ConsoleGalleryModel(TimeProvider clock) : DevelopmentPage
{
    /// <summary>Now, by the host's clock.</summary>
    public DateTimeOffset Now => clock.GetUtcNow();
}
