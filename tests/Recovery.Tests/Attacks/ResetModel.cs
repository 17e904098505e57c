using IdP.Recovery.Factors;
using Tests.Support;

namespace Recovery.Tests.Attacks;

/// <summary>
/// What the reset may do, said a second time and without a database: which links live, which proofs count, and whose
/// password changes. It is compared with the plugin after every step.
/// </summary>
internal sealed class ResetModel
{
    private static readonly TimeSpan LinkLifetime = TimeSpan.FromMinutes(60);
    private static readonly TimeSpan LongestLife = TimeSpan.FromHours(24);
    private static readonly TimeSpan NoticeLifetime = TimeSpan.FromDays(7);
    private static readonly TimeSpan Ceremony = TimeSpan.FromMinutes(5);
    private const int ProofsPerLink = 5;

    private readonly Person[] people;
    private readonly List<Waiting> waiting = [];

    public ResetModel(Person ada, Person bob) => people = [ada, bob];

    public bool HasWaiting => waiting.Count > 0;

    public void Request(string address, bool administrator, DateTimeOffset now) =>
        waiting.Add(new(address, administrator, Notice: null, now));

    /// <summary>What the jobs mail now, in order; links and notices still need their tokens.</summary>
    public IReadOnlyList<Mailed> Mail(DateTimeOffset now)
    {
        var mails = waiting.Select(w => (Mailed?)w.Notice ?? LinkFor(w, now)).OfType<Mailed>().ToList();
        waiting.Clear();
        foreach (var notice in mails.OfType<Notice>())
        {
            notice.Owner.Notices.Add(notice);
        }

        return mails;
    }

    private Link? LinkFor(Waiting request, DateTimeOffset now)
    {
        var owner = people.SingleOrDefault(p => p.Address == request.Address);
        var end = request.Since + LongestLife;
        if (owner is null || request.Administrator || end <= now)
        {
            return null;
        }

        foreach (var older in owner.Links.Where(l => !l.Opened))
        {
            older.Ended ??= "replaced";
        }

        var link = new Link(owner, owner.Address, owner.Stamp, now + LinkLifetime < end ? now + LinkLifetime : end);
        owner.Links.Add(link);
        return link;
    }

    public static string Open(Link? link, DateTimeOffset now)
    {
        if (link?.Lives(now) != true)
        {
            return "Gone";
        }

        link.Opened = true;
        return link.AsksForProof ? "Usable, asks for a factor" : "Usable";
    }

    /// <summary>Shows a code; <paramref name="step"/> is the time step it belongs to, null when it is none of the owner's.</summary>
    public static string Prove(Link? link, long? step, DateTimeOffset now) =>
        Prove(
            link,
            owner =>
            {
                var holds = step > owner.LastStep;
                owner.LastStep = holds ? step!.Value : owner.LastStep;
                return holds;
            },
            now
        );

    /// <summary>Shows what a passkey has answered.</summary>
    /// <param name="askedAt">When it was asked; null where it never was.</param>
    public static string Prove(Link? link, DateTimeOffset? askedAt, bool holds, DateTimeOffset now) =>
        link?.Lives(now) == true && link.AsksForProof && (askedAt is null || now >= askedAt + Ceremony)
            ? "NotCounted"
            : Prove(link, _ => holds, now);

    private static string Prove(Link? link, Func<Person, bool> holds, DateTimeOffset now)
    {
        if (link?.Lives(now) != true)
        {
            return "Gone";
        }

        if (!link.AsksForProof)
        {
            return "Proved";
        }

        link.Proofs++;
        if (holds(link.Owner))
        {
            link.Proved = true;
            return "Proved";
        }

        if (link.Proofs == ProofsPerLink)
        {
            link.Ended = "too many proofs";
            return "Gone";
        }

        return $"Refused, {ProofsPerLink - link.Proofs} left";
    }

    public string Complete(Link? link, string password, bool strong, DateTimeOffset now)
    {
        if (link?.Lives(now) != true)
        {
            return "Gone";
        }

        if (link.AsksForProof)
        {
            return "FactorRequired";
        }

        if (!strong)
        {
            return "PasswordRefused";
        }

        link.Ended = "used";
        SetPassword(link.Owner, password, now);
        return "Done";
    }

    public string ChangePassword(Person person, string password, DateTimeOffset now)
    {
        if (person.Closed)
        {
            return "CurrentRefused";
        }

        SetPassword(person, password, now);
        return "Done";
    }

    public static void ChangeAddress(Person person, string address, bool replacesStamp)
    {
        person.OldAddress = person.Address;
        person.Address = address;
        person.Stamp += replacesStamp ? 1 : 0;
    }

    public bool NotMe(Notice? notice, DateTimeOffset now)
    {
        if (notice is null or { Used: true } || notice.ExpiresAt <= now)
        {
            return false;
        }

        notice.Used = true;
        notice.Owner.Closed = true;
        notice.Owner.CredentialsChanged();
        Request(notice.Owner.Address, administrator: false, now);
        return true;
    }

    private void SetPassword(Person person, string password, DateTimeOffset now)
    {
        person.OldPassword = person.Password;
        person.Password = password;
        person.Closed = false;
        person.CredentialsChanged();
        var notice = new Notice(person, now + NoticeLifetime);
        waiting.Add(new(person.Address, Administrator: false, notice, now));
    }

    /// <summary>Somebody with an account.</summary>
    public sealed class Person(string id, string address, Authenticator? authenticator, byte[]? passkey)
    {
        public string Id { get; } = id;

        public Authenticator? Authenticator { get; } = authenticator;

        /// <summary>The id of a passkey; whoever has an authenticator has one too.</summary>
        public byte[]? Passkey { get; } = passkey;

        /// <summary>What the passkey has answered, and was taken.</summary>
        public FactorProof.Passkey Spent { get; set; } = new(null, null, null);

        /// <summary>When that was asked.</summary>
        public DateTimeOffset? SpentAt { get; set; }

        public string Address { get; set; } = address;

        public string OldAddress { get; set; } = "nobody-" + address;

        public string Password { get; set; } = RecoveryHost.GoodPassword;

        public string OldPassword { get; set; } = "none before this one";

        public bool Closed { get; set; }

        public int Stamp { get; set; }

        public long LastStep { get; set; }

        public List<Link> Links { get; } = [];

        public List<Notice> Notices { get; } = [];

        public void CredentialsChanged()
        {
            Stamp++;
            Links.ForEach(l => l.Ended ??= "credentials changed");
        }
    }

    /// <summary>Something that a mail carries; its token is the plugin's.</summary>
    public abstract class Mailed(Person owner)
    {
        public Person Owner { get; } = owner;

        public string? Token { get; set; }
    }

    /// <summary>A mailed link.</summary>
    public sealed class Link(Person owner, string address, int stamp, DateTimeOffset expiresAt) : Mailed(owner)
    {
        public bool Opened { get; set; }

        public bool Proved { get; set; }

        public int Proofs { get; set; }

        /// <summary>Why it ended before its time.</summary>
        public string? Ended { get; set; }

        public bool AsksForProof => Owner.Authenticator is not null && !Proved;

        public bool Lives(DateTimeOffset now) => WhyGone(now) is null;

        public string? WhyGone(DateTimeOffset now) =>
            Ended
            ?? (
                now >= expiresAt ? "expired"
                : Owner.Address != address ? "another address"
                : Owner.Stamp != stamp ? "another stamp"
                : null
            );
    }

    /// <summary>A mailed notice of a change, with its 'this was not me'.</summary>
    public sealed class Notice(Person owner, DateTimeOffset expiresAt) : Mailed(owner)
    {
        public DateTimeOffset ExpiresAt { get; } = expiresAt;

        public bool Used { get; set; }
    }

    private sealed record Waiting(string Address, bool Administrator, Notice? Notice, DateTimeOffset Since);
}
