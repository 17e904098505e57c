namespace IdP.UI.Console;

/// <summary>What the list of users can tell of each person, beside the name; in the order of the table.</summary>
internal enum UserColumn
{
    Mfa,
    State,
    Group,
    EnrollUntil,
    LastSignIn,
    Created,
}

/// <summary>The columns of the list as they stand in the address: <c>cols=Mfa.Created</c>.</summary>
internal static class UserColumns
{
    private static readonly UserColumn[] Usual = [UserColumn.Mfa, UserColumn.State, UserColumn.LastSignIn];

    /// <summary>All of them, in the order of the table.</summary>
    public static IReadOnlyList<UserColumn> All { get; } = Enum.GetValues<UserColumn>();

    /// <summary>Those that are named; the usual ones where none is.</summary>
    public static IReadOnlyList<UserColumn> Read(string? text)
    {
        var named = (text ?? "").Split('.');
        var found = All.Where(c => named.Contains(c.ToString())).ToList();
        return found.Count > 0 ? found : Usual;
    }

    /// <summary>Null for the usual ones.</summary>
    public static string? Write(IReadOnlyList<UserColumn> columns) =>
        columns.SequenceEqual(Usual) ? null : string.Join('.', columns);

    /// <summary>The parameter by which one column comes or goes; null where the address needs none.</summary>
    public static string? Toggled(IReadOnlyList<UserColumn> columns, UserColumn column) =>
        Write([.. All.Where(c => columns.Contains(c) != (c == column))]);
}
