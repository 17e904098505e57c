using IdP.Recovery.Endpoints;
using IdP.UI.Console;
using IdP.UI.Input;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;
using Microsoft.Extensions.Localization;

namespace IdP.UI.Pages.Admin.Endpoints;

/// <summary>The form of an endpoint, whatever its kind: its connector says what is filled in.</summary>
internal abstract class EndpointFormPage(
    ManageEndpoints manage,
    EndpointConnectors connectors,
    IStringLocalizer<Text> text
) : PageModel
{
    [BindProperty]
    public string? Name { get; set; }

    public Dictionary<string, string?> Values { get; protected set; } = [];

    /// <summary>The changes that it is told of.</summary>
    public IReadOnlyList<CredentialChanges> Follows { get; protected set; } = [];

    public IEndpointConnector Connector { get; private set; } = null!;

    /// <summary>The secrets that are there already.</summary>
    public virtual IReadOnlyCollection<string> Secrets => [];

    /// <summary>Where one goes without saving.</summary>
    public abstract string Back { get; }

    protected ManageEndpoints Manage => manage;

    protected bool Begin(string? kind)
    {
        if (connectors.Find(kind ?? "") is not { Fields.Count: > 0 } found)
        {
            return false;
        }

        Connector = found;
        return true;
    }

    /// <summary>The form's name of a field of the connector's.</summary>
    public static string FieldOf(string name) => "Field-" + name;

    /// <summary>The form's name for taking a secret away.</summary>
    public static string ClearOf(string name) => "Clear-" + name;

    /// <summary>The form's name of a change.</summary>
    public static string FieldOf(CredentialChanges change) => "Follow-" + change;

    // What is filled in depends on the kind, so that no property of a page could hold it.
    protected EndpointWish Wish()
    {
        Values = Connector.Fields.ToDictionary(f => f.Name, f => (string?)Request.Form[FieldOf(f.Name)].ToString());
        Follows = [.. Connector.Changes.Each().Where(c => Request.Form.ContainsKey(FieldOf(c)))];
        return new(
            Name?.Trim() ?? "",
            Follows.Aggregate(CredentialChanges.None, (all, one) => all | one),
            Values.ToDictionary(v => v.Key, v => v.Value ?? "")
        )
        {
            Cleared = Connector
                .Fields.Where(f => Request.Form.ContainsKey(ClearOf(f.Name)))
                .Select(f => f.Name)
                .ToHashSet(),
        };
    }

    protected IActionResult Ended(ManagedEndpoint ended)
    {
        switch (ended)
        {
            case ManagedEndpoint.Done(var endpoint):
                TempData.Tell(text["Endpoints.Saved"]);
                return this.SeeOther($"/admin/endpoints/{endpoint.Id}", "/admin/endpoints");
            case ManagedEndpoint.Invalid(var fields):
                foreach (var field in fields)
                {
                    ModelState.AddModelError(
                        field == nameof(Name) ? nameof(Name) : FieldOf(field),
                        text[$"Endpoint.Wrong.{field}"] is { ResourceNotFound: false } words
                            ? words.Value
                            : text["Endpoint.Wrong"].Value
                    );
                }

                return this.Again();
            case ManagedEndpoint.NameTaken:
                ModelState.AddModelError(nameof(Name), text["Endpoint.Wrong.NameTaken"]);
                return this.Again();
            case ManagedEndpoint.Gone:
                return NotFound();
            case ManagedEndpoint.NotAllowed:
                return StatusCode(403);
            default:
                throw new System.Diagnostics.UnreachableException();
        }
    }
}
