namespace IdP.UI.Pages.Dev;

/// <summary>The user portal's components, to look at.</summary>
public sealed class PortalGalleryModel(TimeProvider clock) : DevelopmentPage
{
    /// <summary>Now, by the host's clock.</summary>
    public DateTimeOffset Now => clock.GetUtcNow();
}
