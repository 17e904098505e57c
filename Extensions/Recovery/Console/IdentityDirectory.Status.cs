using System.Linq.Expressions;
using IdP.Recovery.Enrollment;
using IdP.Recovery.Factors;
using IdP.Recovery.Factors.Totp;
using Microsoft.EntityFrameworkCore.Query;

namespace IdP.Recovery.Console;

/// <summary>Where Identity's users stand with their second factor, for a list.</summary>
internal sealed partial class IdentityDirectory<TUser, TKey>
{
    // The same as EnrollmentStatuses tells of one account, in the database's words; a test compares them.
    private Expression<Func<TUser, bool>> HasStatus(MfaStatusFilter status, MfaRule rule, DateTimeOffset now)
    {
        var rotated = factors.Rotated;
        var periods = work.Context.Set<MfaEnrollment>();
        var everybody = rule.Everybody;
        var groups = roleNames.OfHost(rule.Asked);
        var opening = roleNames.All;
        Expression<Func<TUser, Standing>> standing = u => new Standing
        {
            Rotated = rotated.Any(t => t.AccountId == AccountKey<TKey>.Text(u.Id)),
            Privileged = query.RolesOf().Any(r => r.UserId.Equals(u.Id) && opening.Contains(r.Name)),
            Required = query.RolesOf().Any(r => r.UserId.Equals(u.Id) && groups.Contains(r.Name!)),
            Any = periods.Any(e => e.AccountId == AccountKey<TKey>.Text(u.Id) && e.EnrolledAt == null),
            Lasting = periods.Any(e =>
                e.AccountId == AccountKey<TKey>.Text(u.Id) && e.EnrolledAt == null && e.Cause != EnrollmentCause.Policy
            ),
            Runs = periods.Any(e =>
                e.AccountId == AccountKey<TKey>.Text(u.Id) && e.EnrolledAt == null && e.EndsAt > now
            ),
        };
        Expression<Func<Standing, bool>> has = status switch
        {
            MfaStatusFilter.Enrolled => s => !s.Rotated && s.HasFactor,
            MfaStatusFilter.InEnrollment => s =>
                !s.Rotated && !s.HasFactor && !s.Privileged && s.Runs && (s.Required || s.Lasting),
            MfaStatusFilter.Expired => s =>
                !s.Rotated && !s.HasFactor && !s.Privileged && s.Any && !s.Runs && (s.Required || s.Lasting),
            MfaStatusFilter.NotEnrolled => s =>
                s.Rotated || (!s.HasFactor && (s.Privileged ? s.Required || s.Any : s.Required && !s.Any)),
            _ => s => !s.Rotated && !s.HasFactor && !s.Required && (s.Privileged ? !s.Any : !s.Lasting),
        };
        return new Inline(
            standing,
            factors.HasAny(),
            everybody ? true
                : groups.Count == 0 ? false
                : null
        ).Into(has);
    }

    // Whoever may have a status, where these are few: the database begins with them instead of with everybody.
    private IQueryable<string>? Candidates(MfaStatusFilter status, MfaRule rule, DateTimeOffset now)
    {
        var open = work.Context.Set<MfaEnrollment>().Where(e => e.EnrolledAt == null);
        return status switch
        {
            MfaStatusFilter.InEnrollment => open.Where(e => e.EndsAt > now).Select(e => e.AccountId),
            MfaStatusFilter.Expired => open.Where(e => e.EndsAt <= now).Select(e => e.AccountId),
            MfaStatusFilter.NotEnrolled when !rule.Everybody => MayHaveToEnroll(rule),
            _ => null,
        };
    }

    private IQueryable<string> MayHaveToEnroll(MfaRule rule)
    {
        var groups = roleNames.OfHost(rule.Asked).Union(roleNames.All).ToList();
        return work
            .Context.Set<TotpAuthenticator>()
            .Where(t => t.Required)
            .Select(t => t.AccountId)
            .Union(query.RolesOf().Where(r => groups.Contains(r.Name!)).Select(r => AccountKey<TKey>.Text(r.UserId)));
    }

    // What the status hangs on; never made, only rewritten into the query.
    private sealed class Standing
    {
        public bool Rotated { get; init; }
        public bool HasFactor { get; init; }
        public bool Privileged { get; init; }
        public bool Required { get; init; }
        public bool Any { get; init; }
        public bool Lasting { get; init; }
        public bool Runs { get; init; }
    }

    /// <summary>Puts what a standing's properties stand for in their places.</summary>
    private sealed class Inline(
        Expression<Func<TUser, Standing>> standing,
        Expression<Func<TUser, bool>> hasFactor,
        bool? required
    ) : ExpressionVisitor
    {
        private readonly Dictionary<string, Expression> parts = ((MemberInitExpression)standing.Body)
            .Bindings.Cast<MemberAssignment>()
            .ToDictionary(b => b.Member.Name, b => b.Expression);

        public Expression<Func<TUser, bool>> Into(Expression<Func<Standing, bool>> condition) =>
            Expression.Lambda<Func<TUser, bool>>(Visit(condition.Body), standing.Parameters);

        protected override Expression VisitMember(MemberExpression node) =>
            node.Member.DeclaringType != typeof(Standing) ? base.VisitMember(node)
            : node.Member.Name == nameof(Standing.HasFactor)
                ? ReplacingExpressionVisitor.Replace(hasFactor.Parameters[0], standing.Parameters[0], hasFactor.Body)
            : node.Member.Name == nameof(Standing.Required) && required is { } known ? Expression.Constant(known)
            : parts[node.Member.Name];
    }
}
