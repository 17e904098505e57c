using System.Resources;
using Microsoft.Extensions.Localization;

[assembly: ResourceLocation("Texts")]
[assembly: NeutralResourcesLanguage("en")]

namespace IdP.UI;

/// <summary>Names the texts of the pages, <c>Texts/Text.resx</c>, for <c>IStringLocalizer&lt;Text&gt;</c>.</summary>
public sealed class Text;
