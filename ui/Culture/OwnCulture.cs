using System.Globalization;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Localization;
using Microsoft.AspNetCore.Mvc.Filters;

namespace IdP.UI.Culture;

/// <summary>Chooses the language of a page of this library, and of nothing else in the host.</summary>
internal sealed class OwnCulture : IAsyncResourceFilter, IOrderedFilter
{
    private static readonly CultureInfo[] Spoken = [.. Languages.Tags.Select(CultureInfo.GetCultureInfo)];

    /// <summary>Before all that says anything.</summary>
    public int Order => -1000;

    public async Task OnResourceExecutionAsync(ResourceExecutingContext context, ResourceExecutionDelegate next)
    {
        var http = context.HttpContext;
        var (culture, chosenBy) = await ChooseAsync(http);
        http.Features.Set<IRequestCultureFeature>(new RequestCultureFeature(new(culture), chosenBy));
        CultureInfo.CurrentCulture = CultureInfo.CurrentUICulture = culture;
        http.Response.Headers.ContentLanguage = culture.Name;
        await next();
    }

    private static async Task<(CultureInfo Culture, IRequestCultureProvider? ChosenBy)> ChooseAsync(HttpContext http)
    {
        foreach (var provider in CultureProviders.All)
        {
            if (await provider.DetermineProviderCultureResult(http) is { } result)
            {
                foreach (var tag in result.UICultures)
                {
                    if (Speaks(tag.Value) is { } culture)
                    {
                        return (culture, provider);
                    }
                }
            }
        }

        return (Spoken[0], null);
    }

    // A region's words are those of its language.
    private static CultureInfo? Speaks(string? tag) =>
        Spoken.FirstOrDefault(c =>
            c.Name.Equals(tag, StringComparison.OrdinalIgnoreCase)
            || tag?.StartsWith(c.Name + "-", StringComparison.OrdinalIgnoreCase) == true
        );
}
