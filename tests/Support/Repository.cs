namespace Tests.Support;

/// <summary>Where this copy of the repository lies, for the files that tests start or read.</summary>
internal static class Repository
{
    public static string Root { get; } = FindRoot();

    public static string PathOf(params string[] parts) => Path.Combine([Root, .. parts]);

    private static string FindRoot()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "IdP.sln")))
            {
                return folder.FullName;
            }
        }

        throw new InvalidOperationException($"IdP.sln stands in no folder above {AppContext.BaseDirectory}.");
    }
}
