//! The list of cases: what harnesses go through, and what each case needs.

use crate::case::Need::{Has, Lacks, Unwinding};
use crate::case::*;

/// Gives all cases to the macro `$then`: groups of names, each with what it needs in brackets.
#[macro_export]
macro_rules! for_each_case {
    ($then:ident) => {
        $then! {
            requests {
                a_new_one_is_a_get_with_nothing_set [];
                setters_take_effect [];
                a_field_is_set_whatever_its_case_and_added_after_a_comma [];
                a_copy_is_a_value_of_its_own [];
                editing_the_original_leaves_the_copy [];
                editing_the_copy_leaves_the_original [];
                equal_ones_hash_equal [];
                each_part_counts_in_equality [];
                known_method_names_are_upper_cased [];
                it_describes_itself_without_secrets [];
                a_relative_url_is_refused_and_a_joined_one_taken [];
                values_with_line_breaks_or_nul_are_refused [];
                folded_values_are_refused [];
                a_stored_one_comes_back_equal [];
                a_stored_one_keeps_an_empty_body [];
                a_stored_one_keeps_body_fields_and_timeout [];
                a_stream_cannot_be_stored [];
                a_forged_one_is_refused [];
                one_of_the_http_crate_is_taken_whole [];
            }
            responses {
                it_keeps_url_and_status [];
                without_fields_there_are_none [];
                fields_are_found_whatever_the_case_of_their_names [];
                the_values_of_one_name_are_joined [];
                the_media_type_is_without_parameters_and_lower_case [];
                the_charset_is_lower_case [];
                the_expected_length_is_the_fields [];
                without_a_sound_content_length_none_is_expected [];
                codings_leave_the_expected_length_alone [];
                the_last_part_of_the_path_is_suggested [];
                the_query_is_no_part_of_the_suggestion [];
                without_a_path_the_host_is_suggested [];
                a_disposition_without_filename_suggests_nothing [];
                a_dispositions_filename_is_suggested [];
                slashes_of_a_filename_become_underscores [];
                a_filename_leads_to_no_other_folder [];
                a_copy_is_equal [];
                each_part_counts_in_equality [];
                equal_ones_hash_equal [];
                a_stored_one_comes_back_equal [];
                a_stored_one_suggests_a_sound_name [];
                a_forged_one_is_refused [];
                registered_statuses_have_a_text [];
            }
            forms {
                data_gives_body_and_response [];
                anything_that_names_a_url_can_be_loaded [];
                a_delegate_of_the_call_sees_the_chunks_too [];
                bytes_give_the_head_and_then_the_chunks [];
                a_handler_gets_body_and_response [];
                a_handler_stands_in_for_the_delegate [];
                a_delegate_gets_response_data_and_completion [];
                an_empty_body_gives_no_data [];
                a_head_gives_the_fields_and_no_data [];
                every_form_gives_the_same_bytes [];
                bytes_are_counted [];
                chunks_come_as_they_are_sent [];
                later_answers_keep_the_order_of_chunks [];
            }
            progress {
                a_change_of_totals_changes_the_fraction [];
                a_share_goes_to_one_child [];
                an_unused_share_counts_as_done [];
                an_indeterminate_child_counts_nothing_and_comes_back [];
                an_indeterminate_child_leaves_the_others [];
                finished_children_are_the_parents_own_units [];
                children_weigh_what_they_are_given [];
                a_child_counts_from_where_it_is [];
                a_finished_child_counts_at_once [];
                grandchildren_count_through_their_parents [];
                whatever_the_order_the_end_is_exact [];
                the_fraction_is_never_nan [];
                handlers_are_called_from_the_root_to_the_leaves [];
                a_late_handler_is_called_all_the_same [];
                handlers_may_use_the_tree [];
                a_panicking_handler_leaves_the_others [Unwinding];
                values_are_attached_by_type [];
                one_has_one_parent_and_no_ring [];
                pace_and_remaining_time_come_from_looking [];
                a_slow_reader_sees_the_newest [];
                updates_come_at_most_once_in_the_interval [];
                updates_end_when_nobody_can_go_on [];
                an_observer_is_called_until_it_is_dropped [];
                a_tasks_progress_is_its_bytes [];
                of_unknown_length_it_ends_at_what_came [];
                an_upload_counts_both_ways [];
                redirected_it_counts_the_last_hop [];
                cancelling_it_cancels_the_task [];
                pausing_it_suspends_the_task [];
                a_failed_task_stops_its_progress [];
                asked_for_after_the_end_it_is_there [];
            }
            replies {
                not_found_is_no_error [];
                a_401_without_challenge_is_a_response [];
                a_401_that_nobody_can_answer_is_a_response [];
                not_modified_is_delivered_as_it_is [];
                status_999_is_a_response [];
                a_body_may_last_until_the_connection_ends [];
                fields_without_a_space_are_read [];
                a_broken_status_line_is_an_error [Has(DISTINCT_ERRORS)];
                what_is_no_http_1_at_all_is_an_error [Lacks(DISTINCT_ERRORS)];
                a_reply_without_status_line_is_an_error [];
                a_body_cut_short_is_a_lost_connection [];
                a_connection_lost_before_the_head_is_an_error [];
            }
            errors {
                a_port_out_of_range_is_a_bad_url [];
                what_is_no_url_is_a_bad_url [];
                an_unknown_scheme_is_unsupported [];
                a_get_with_a_body_is_refused_unsent [];
                an_error_names_url_and_cause [];
            }
            fields {
                an_edit_after_the_tasks_making_is_not_sent [];
                the_sessions_fill_gaps_only [];
                an_empty_value_is_no_gap [];
                host_and_framing_are_the_transports [];
                defaults_are_sent_where_nobody_set_them [];
                any_field_can_be_sent [Has(REQUEST_HEADERS)];
                fields_that_the_platform_keeps_are_dropped [Lacks(REQUEST_HEADERS)];
                every_field_of_the_response_is_seen [Has(RESPONSE_HEADERS)];
                fields_that_are_not_exposed_are_not_seen [Lacks(RESPONSE_HEADERS)];
            }
            codings {
                a_gzip_body_comes_decoded [];
                a_brotli_body_comes_decoded [];
                every_form_decodes [];
                decoded_bytes_are_counted [];
                a_coded_body_has_no_expected_length [Has(RESPONSE_HEADERS)];
                a_head_has_nothing_to_decode [];
                a_body_that_is_not_what_it_says_is_an_error [];
                what_is_decoded_is_offered [Has(ENCODED_BODIES)];
                a_request_may_ask_for_the_body_as_it_is_sent [Has(ENCODED_BODIES)];
                a_body_longer_than_allowed_is_an_error [Has(ENCODED_BODIES)];
                the_platform_decodes_whatever_the_request_says [Lacks(ENCODED_BODIES)];
                the_platform_decodes_without_bounds [Lacks(ENCODED_BODIES)];
            }
            bodies {
                no_body_invents_no_type_and_no_length_but_zero [];
                an_empty_post_has_no_type [];
                bytes_arrive_with_their_length_and_type [];
                only_a_post_gets_the_type_of_forms [];
                a_body_gives_sent_response_data_and_completion [];
                any_bytes_come_back_as_they_are [];
                a_head_may_carry_a_body [Has(STREAMED_UPLOAD), Has(UPLOAD_PROGRESS)];
                a_stream_arrives_whole [];
                a_stream_of_unknown_length_is_sent_as_it_comes [Has(STREAMED_UPLOAD), Has(UPLOAD_PROGRESS)];
                a_stream_of_unknown_length_is_gathered [Lacks(STREAMED_UPLOAD)];
                a_stream_of_known_length_says_it [];
                a_streams_error_is_the_tasks [];
                a_file_arrives_whole [Has(FILE_UPLOAD)];
                a_file_does_not_exist [Lacks(FILE_UPLOAD)];
                progress_adds_up_to_the_whole [Has(UPLOAD_PROGRESS)];
                progress_is_told_once_and_whole [Lacks(UPLOAD_PROGRESS)];
                a_replayable_stream_is_sent_again [];
                bytes_are_sent_again [];
                a_file_is_sent_again [Has(FILE_UPLOAD)];
                a_one_shot_stream_is_asked_for_again [Has(REDIRECTS), Has(UPLOAD_PROGRESS)];
                a_one_shot_stream_may_come_later [Has(REDIRECTS)];
                a_one_shot_stream_that_nobody_renews_is_exhausted [Has(REDIRECTS)];
                a_one_shot_stream_is_not_asked_for_after_303 [Has(REDIRECTS), Has(UPLOAD_PROGRESS)];
                a_body_in_memory_is_one_chunk [];
            }
            uploads {
                a_body_goes_in_place_of_the_requests [];
                a_task_reports_to_its_delegate [];
                a_handler_gets_the_answer [];
                a_stream_arrives_whole [];
                a_file_arrives_whole_and_its_length_is_known [Has(FILE_UPLOAD)];
                a_file_that_is_not_there_fails [];
                a_form_says_its_boundary_and_length [];
                a_form_is_sent_again [];
                a_get_carries_nothing [];
                the_server_is_offered_to_go_on_where_that_is_asked_for [Has(INFORMATIONAL)];
                the_server_is_offered_nothing [Lacks(INFORMATIONAL)];
            }
            redirects {
                a_post_becomes_a_get_after_301_and_302 [];
                all_but_head_become_get_after_303 [];
                methods_stay_after_307_and_308 [];
                a_posts_body_is_gone_after_303 [];
                a_posts_body_is_kept_after_307 [];
                multiple_choices_are_not_followed [];
                use_proxy_is_not_followed [];
                without_a_location_there_is_nothing_to_follow [];
                hops_that_are_hidden_end_at_the_last_url [Lacks(REDIRECTS)];
                refused_the_redirect_is_the_response [Has(REDIRECTS)];
                never_answered_nothing_more_comes_but_the_timeout [Has(REDIRECTS)];
                an_absolute_location_is_followed [];
                a_relative_location_is_resolved [];
                a_location_without_port_means_the_default_one [Has(REDIRECTS)];
                an_encoded_query_is_not_encoded_twice [];
                to_a_closed_port_is_no_timeout [];
                each_hop_inherits_the_timeout [Has(REDIRECTS)];
                twenty_are_followed [];
                the_twenty_first_is_too_many [Has(REDIRECTS)];
                the_twenty_first_is_an_error [Lacks(REDIRECTS)];
                a_handlers_delegate_is_asked_about_redirects_only [Has(REDIRECTS)];
                the_delegate_may_send_another_request [Has(REDIRECTS)];
                secrets_stay_with_their_origin [Has(REDIRECTS)];
                secrets_do_not_come_back [Has(REDIRECTS)];
                the_configuration_names_fields_that_may_cross [Has(REDIRECTS)];
                the_delegate_may_bring_secrets_along [Has(REDIRECTS)];
                locations_that_are_no_http_are_errors [];
            }
            retries {
                a_busy_server_is_asked_until_it_is_well [];
                without_a_policy_the_failure_is_the_answer [];
                attempts_end_with_the_last_failure [];
                a_post_is_not_repeated [];
                a_put_is_repeated_with_its_body [];
                by_the_delegates_word_a_post_is_repeated [];
                the_delegate_may_veto [];
                the_wait_that_a_server_asks_for_is_kept [];
                a_wait_that_is_too_long_is_not_waited [];
                a_server_that_refuses_is_asked_as_often [];
            }
            caching {
                what_is_fresh_is_not_asked_for_again [Has(RESPONSE_HEADERS)];
                what_is_stale_is_validated [Has(RESPONSE_HEADERS)];
                what_is_forbidden_is_not_kept [];
                policies_say_where_to_look [Has(RESPONSE_HEADERS)];
                variants_are_kept_apart [Has(RESPONSE_HEADERS)];
                a_change_makes_it_asked_for_again [Has(RESPONSE_HEADERS)];
                a_hit_calls_as_the_network_does [Has(RESPONSE_HEADERS)];
                the_app_has_a_say_in_what_is_kept [Has(RESPONSE_HEADERS)];
                what_the_app_keeps_and_takes_out_counts [Has(RESPONSE_HEADERS)];
                equal_requests_can_be_one [Has(RESPONSE_HEADERS)];
                what_is_used_stale_is_validated_beside [Has(RESPONSE_HEADERS)];
                what_hides_its_fields_is_not_kept [Lacks(RESPONSE_HEADERS)];
            }
            tasks {
                it_is_born_suspended_and_sends_nothing [];
                suspensions_nest_from_one [];
                resumes_too_many_do_not_count [];
                suspended_in_its_body_it_goes_on_where_it_stopped [];
                suspended_it_holds_the_server_back [];
                unread_a_stream_holds_the_server_back [];
                cancelled_before_it_began_it_completes_once [];
                cancelled_at_once_it_completes_once [];
                cancelled_in_the_queue_it_completes_once [];
                cancelled_while_it_waits_for_the_head_it_completes_once [];
                cancelled_in_its_body_it_completes_once [];
                cancelled_suspended_it_completes_once [];
                cancelled_while_the_delegate_is_asked_it_completes_once [];
                cancelled_from_a_callback_it_completes_once [];
                cancelled_its_handler_is_told_once [];
                cancelled_as_it_fails_it_completes_once [];
                completed_it_cannot_be_cancelled [];
                cancelled_it_cannot_be_resumed [];
                disposed_of_at_its_response_it_is_cancelled [];
                a_copy_is_the_same_task [];
                ids_count_from_one_in_each_session [];
                labels_and_priorities_can_be_set [];
                only_those_resumed_and_not_ended_are_listed [];
                a_finished_one_is_not_listed [];
                dropped_it_goes_on_if_it_was_resumed [];
                dropped_it_is_cancelled_if_it_was_never_resumed [];
                a_dropped_future_cancels [];
                a_dropped_stream_cancels [];
                a_future_that_is_never_polled_sends_nothing [];
                its_request_follows_redirects_and_its_first_one_stays [Has(REDIRECTS)];
            }
            sessions {
                finishing_waits_for_those_that_run [];
                finishing_cancels_those_never_resumed [];
                cancelling_ends_each_once_and_then_the_session [];
                invalid_it_has_no_tasks_and_revives_none [];
                invalid_it_lets_its_delegate_go [];
                a_task_lets_its_delegate_go_once_complete [];
                a_task_made_too_late_is_an_error [];
                both_invalidations_may_come_twice [];
                dropped_it_finishes_its_tasks [];
                the_shared_one_cannot_be_invalidated [];
                two_live_side_by_side [];
                ten_at_once_all_succeed [];
                rounds_of_three_overlapping_requests_all_finish [];
                a_configuration_is_read_back_as_it_was_set [];
                a_configuration_is_copied [];
                reset_and_flush_leave_what_is_under_way [];
            }
            timers {
                a_fast_reply_is_in_time [];
                the_requests_limit_goes_before_the_sessions [];
                the_sessions_limit_holds_without_the_requests [];
                a_connection_that_is_not_accepted_times_out [UNACCEPTING];
                each_byte_restarts_the_idle_timer [];
                a_stall_in_the_body_times_out [];
                the_resource_limit_holds_though_bytes_flow [];
                the_resource_limit_spans_redirects [];
                each_hop_restarts_the_idle_timer [Has(REDIRECTS)];
                suspended_both_timers_stand_still [];
                asked_the_idle_timer_stands_still [];
                asked_the_resource_timer_runs [];
                between_chunks_that_nobody_wants_the_idle_timer_stands_still [];
                the_idle_timer_does_not_run_in_the_queue [];
                the_resource_timer_covers_the_queue [];
            }
            queues {
                no_more_than_the_limit_load_at_once [];
                another_origin_has_a_queue_of_its_own [];
                urgent_ones_go_first [];
                of_equals_the_first_resumed_goes_first [];
                suspended_in_the_queue_it_lets_others_pass_and_keeps_its_place [];
                six_suspended_and_a_seventh_finishes [];
                six_unread_streams_and_a_seventh_finishes [];
                futures_left_unpolled_keep_no_place [];
                one_that_is_asked_keeps_no_place [];
            }
            contract {
                nothing_comes_between_question_and_answer [];
                a_late_answer_holds_only_its_own_task [];
                a_late_completion_comes_before_the_sessions_end [];
                what_a_tasks_delegate_leaves_goes_to_the_sessions [];
                an_answer_of_none_falls_through [];
                the_tasks_delegate_decides_first [];
                unwanted_calls_are_not_made [];
                calls_come_one_after_another_across_the_session [];
                on_a_concurrent_queue_each_tasks_calls_keep_their_order [];
                an_executor_of_the_apps_runs_every_call [];
                a_queue_that_drops_its_jobs_ends_the_tasks [];
                a_panic_ends_its_task_once [Unwinding];
                a_panicking_handler_harms_nobody [Unwinding];
                callbacks_may_use_session_and_task [];
                observers_see_without_a_say [];
                a_task_says_completed_when_its_completion_comes [];
            }
            connectivity {
                without_a_network_a_task_fails_at_once [];
                a_task_waits_for_a_network_and_goes_on [NAMED];
                cancelled_while_it_waits_it_ends [];
                suspended_while_it_waits_it_goes_on_when_resumed [NAMED];
                the_resource_limit_ends_the_wait [];
                those_that_wait_keep_no_place [NAMED];
                a_forbidden_path_is_an_error_with_its_reason [];
                a_forbidden_path_is_waited_out [NAMED];
                a_request_forbids_more_and_allows_no_more [];
                this_machine_needs_no_network [];
                a_server_that_refuses_is_not_waited_for [];
                the_stream_of_paths_tells_each_change [];
                the_platform_tells_its_path [Has(NETWORK_COST)];
                what_the_platform_does_not_tell_is_allowed [Lacks(NETWORK_COST)];
            }
            expectations {
                a_body_arrives_once_the_server_asks_for_it [Has(EXPECT_CONTINUE)];
                a_field_of_the_apps_asks_as_well [Has(EXPECT_CONTINUE)];
                without_a_body_nothing_is_asked [];
                the_length_decides_where_the_request_does_not [Has(EXPECT_CONTINUE)];
                a_final_answer_spares_the_body [Has(EXPECT_CONTINUE), Has(STREAMED_UPLOAD), Has(UPLOAD_PROGRESS)];
                a_server_without_expectations_is_asked_again_without [Has(EXPECT_CONTINUE), Has(STREAMED_UPLOAD), Has(UPLOAD_PROGRESS)];
                the_expectation_goes_along_with_a_redirect [Has(EXPECT_CONTINUE), Has(REDIRECTS)];
                no_body_waits [Lacks(EXPECT_CONTINUE)];
            }
            metrics {
                metrics_come_once_just_before_the_end [];
                a_failed_task_has_metrics_too [];
                a_task_cancelled_before_it_began_has_an_interval_alone [];
                handlers_and_futures_have_metrics_too [];
                each_redirect_is_a_transaction [Has(REDIRECTS)];
                moments_come_in_order [];
                a_hop_is_told_of_phase_by_phase [Has(METRICS)];
                a_hop_is_told_of_as_core_sees_it [Lacks(METRICS)];
            }
            protocols {
                one_stands_in_for_the_server [];
                one_serves_a_scheme_and_may_name_another_url [];
                the_first_that_agrees_serves [];
                a_delegate_gets_response_data_and_completion [];
                its_redirect_is_put_to_the_delegate_and_followed [];
                refused_its_redirect_is_the_answer [];
                its_redirect_reaches_no_other_local_scheme [];
                its_redirects_are_counted [];
                a_server_leads_to_none [];
                a_server_may_lead_to_a_url_that_one_serves [Has(REDIRECTS)];
                it_takes_no_place_in_the_queue [];
                it_sees_the_request_as_it_would_be_sent [];
                its_body_is_said_to_be_sent_once [];
                a_tag_keeps_it_from_serving_its_own_requests [];
                a_canonical_request_is_the_current_one [];
            }
            protocol_ends {
                a_failure_comes_once_whatever_follows [];
                without_a_response_it_is_a_success [];
                a_second_head_is_an_error [];
                a_panic_ends_its_task_once [Unwinding];
                one_that_never_ends_times_out [];
                cancelled_it_is_let_go [];
                invalidated_or_disposed_of_it_is_let_go [];
                one_that_always_has_more_can_be_cancelled [];
                unread_or_suspended_its_events_wait [];
                a_client_can_be_handed_on [];
            }
            downloads {
                a_future_leaves_the_file_to_the_caller [Has(FILE_DOWNLOAD)];
                a_delegate_sees_what_is_written_and_then_the_file [Has(FILE_DOWNLOAD)];
                a_delegate_of_the_call_sees_what_is_written [Has(FILE_DOWNLOAD)];
                a_handler_has_the_file_for_its_call [Has(FILE_DOWNLOAD)];
                an_error_of_the_server_is_a_file_too [Has(FILE_DOWNLOAD)];
                a_coded_one_is_written_decoded [Has(FILE_DOWNLOAD)];
                a_large_one_is_whole [Has(FILE_DOWNLOAD)];
                one_in_parts_is_the_same_file [Has(FILE_DOWNLOAD)];
                a_cancelled_one_goes_on_where_it_stopped [Has(FILE_DOWNLOAD), Has(RESPONSE_HEADERS)];
                one_that_was_not_begun_has_nothing_to_go_on_with [];
                a_slow_delegate_holds_the_server_back [Has(FILE_DOWNLOAD)];
                a_data_task_can_become_one [Has(FILE_DOWNLOAD)];
                progress_reports_the_whole_of_one_that_goes_on [Has(FILE_DOWNLOAD), Has(RESPONSE_HEADERS)];
                a_failed_one_gives_no_file [];
                kinds_of_tasks_are_told_apart [];
                a_request_that_is_none_fails_its_download [];
                without_files_a_download_fails [Lacks(FILE_DOWNLOAD)];
            }
            local_urls {
                data_urls_are_read [];
                broken_data_urls_fail_without_a_response [];
                data_urls_are_for_get_and_head [];
                file_urls_are_read [Has(FILE_URLS)];
                file_urls_are_for_get_and_head [Has(FILE_URLS)];
                a_file_that_is_not_there_is_an_error [Has(FILE_URLS)];
                a_file_of_another_machine_is_unsupported [Has(FILE_URLS)];
                file_urls_are_unsupported [Lacks(FILE_URLS)];
            }
            capabilities {
                interim_responses_are_reported_first [Has(INFORMATIONAL)];
                interim_responses_go_unseen [Lacks(INFORMATIONAL)];
                a_priority_that_was_set_is_told_to_the_server [Has(PRIORITY_FIELD)];
                a_priority_is_no_matter_of_the_servers [Lacks(PRIORITY_FIELD)];
                every_kind_of_traffic_is_carried [Has(SERVICE_TYPE)];
                kinds_of_traffic_are_all_alike [Lacks(SERVICE_TYPE)];
                trailers_of_a_request_are_announced_and_its_body_arrives [Has(REQUEST_TRAILERS), Has(STREAMED_UPLOAD)];
                trailers_of_a_request_are_an_error [Lacks(REQUEST_TRAILERS)];
                trailers_are_seen_once_the_body_has_ended [Has(TRAILERS)];
                trailers_go_unseen [Lacks(TRAILERS)];
                trailers_that_would_forge_a_head_are_dropped [Has(TRAILERS)];
                failures_are_told_apart [Has(DISTINCT_ERRORS)];
                failures_share_one_code [Lacks(DISTINCT_ERRORS)];
                a_configured_root_is_trusted [Has(TLS_CONFIGURATION), Has(DISTINCT_ERRORS), TLS];
                a_configured_root_changes_nothing [Lacks(TLS_CONFIGURATION), TLS];
                http_2_is_spoken_with_prior_knowledge [HTTP2];
                an_ipv6_address_is_reached [IPV6];
            }
        }
    };
}

macro_rules! list {
    ($($group:ident { $($name:ident [$($need:expr),*];)* })*) => {
        vec![$($(Case {
            name: concat!(stringify!($group), "::", stringify!($name)),
            needs: vec![$($need),*],
            run: |fixture| Box::pin(crate::cases::$group::$name(fixture)),
        }),*),*]
    };
}

/// Every case, group by group.
#[must_use]
pub fn cases() -> Vec<Case> {
    for_each_case!(list)
}
